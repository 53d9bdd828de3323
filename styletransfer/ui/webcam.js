// The camera box of the Webcam tab, from the permission to the painted picture. Gradio runs this when the box is on the page and
// gives it `element`, `trigger` and `server`. Every frame carries the number under which it was captured, and the painting brings
// that number back behind the # of its address, so that what is shown is measured here, in the browser.
const UNANSWERED = 3; // frames on their way at once: enough to hide the way to a server 100 ms away
const FIRST_WAIT = 250, LONGEST_WAIT = 1000; // ms without an answer until one more frame asks again
const QUALITY = 0.85;
const SILENT = 3000; // ms without a picture after which a camera is called silent
const UNSEEN = 2500; // ms without a painting after which the page says why
const SENTENCES = {
    start: "Point your camera at something and see it painted, live. Nothing is kept.",
    asking: "Your browser asks whether this page may use the camera; please allow it.",
    starting: "Starting …",
    lost: "The server does not answer; trying again …",
    inLine: "Others are painting just now and you are in line; everyone's turn lasts TURN_SECONDS s.",
    silent: "The camera sends no picture; is it covered by another program?",
    unplugged: "The camera was unplugged or switched off. Connect it and start again.",
    left: "The camera was stopped when you left this tab.",
    insecure: "Browsers lend the camera only to secure pages; open this one with https, or on this machine.",
    NotAllowedError: "The camera was not allowed. Allow it next to the address of this page and start again.",
    NotFoundError: "No camera was found. Connect one and start again.",
    NotReadableError: "The camera is busy; close the program that uses it and start again.",
    other: "The camera could not be started. Check it and start again.",
};

const video = element.querySelector("video"), note = element.querySelector(".camera-note p");
const canvas = document.createElement("canvas"), pen = canvas.getContext("2d", { willReadFrequently: true });
const live = {
    mirror: true, width: 320, height: 240,
    turnTime: 1000 * TURN_SECONDS, // ms after which others get the place; the server would take it a little later
    running: false, shown: 0, fps: 0, latency: 0, latencies: [], // frames, frames a second, ms, ms of the last 300 frames
    flip: (mirror) => { live.mirror = mirror; },
    resize: (text) => {
        [live.width, live.height] = text.split("x").map(Number);
        stream?.getVideoTracks()[0].applyConstraints({ ...size(), frameRate: { ideal: 30 } });
    },
};
window.styletransferLive = live;
let stream = null, starting = false;
let sent = 0, answered = 0, askedAt = 0, wait = FIRST_WAIT; // numbers of frames, times in ms
let turnAt = null, seenAt = 0, shownAt = 0, waiting = 0, times = [];
const captured = new Map();

const caption = (text) => { const line = document.querySelector("#webcam-caption .prose"); if (line) line.textContent = text; };

const size = () => ({ width: { ideal: live.width }, height: { ideal: live.height } });

function stop(sentence) {
    if (stream) stream.getTracks().forEach((track) => track.stop());
    stream = video.srcObject = null;
    live.running = false;
    note.textContent = sentence;
    element.classList.remove("running");
    caption("");
    trigger("close_stream");
}

async function start() {
    if (starting || stream) return;
    starting = true;
    note.textContent = SENTENCES.asking;
    try {
        if (!navigator.mediaDevices) throw { name: "insecure" };
        const wanted = { ...size(), frameRate: { ideal: 30 }, facingMode: "user" };
        stream = await navigator.mediaDevices.getUserMedia({ video: wanted });
        stream.getVideoTracks()[0].addEventListener("ended", () => stream && stop(SENTENCES.unplugged));
        video.srcObject = stream;
        await video.play();
        begin();
    } catch (error) {
        stop(SENTENCES[error.name] ?? SENTENCES.other);
    } finally {
        starting = false;
    }
}

function begin() {
    answered = sent;
    wait = FIRST_WAIT;
    turnAt = null;
    times = [];
    captured.clear();
    seenAt = shownAt = performance.now();
    live.running = true;
    element.classList.add("running");
    caption(SENTENCES.starting);
    nextFrame();
}

function nextFrame() {
    if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(onFrame);
    else requestAnimationFrame(onFrame);
}

function onFrame(now, facts) {
    if (!stream) return;
    nextFrame();
    seenAt = performance.now();
    video.classList.toggle("mirrored", live.mirror);
    if (turnAt && seenAt - turnAt > live.turnTime && !endTurn()) return;
    if (sent - answered >= UNANSWERED) {
        if (seenAt - askedAt < wait) return;
        wait = Math.min(2 * wait, LONGEST_WAIT);
        answered = sent; // the older ones are lost
    }
    send(facts?.captureTime ?? seenAt);
}

// Leaves when all frames are answered, and joins the line again with the next one.
function endTurn() {
    if (sent > answered && seenAt - askedAt < LONGEST_WAIT) return false;
    turnAt = null;
    if (waiting) shownAt = 0;
    trigger("close_stream");
    return true;
}

// The middle of the camera's picture at the size to paint.
function send(time) {
    const { width, height, mirror } = live;
    canvas.width = width;
    canvas.height = height;
    if (mirror) pen.setTransform(-1, 0, 0, 1, width, 0);
    const scale = Math.max(width / video.videoWidth, height / video.videoHeight);
    const [wide, high] = [video.videoWidth * scale, video.videoHeight * scale];
    pen.drawImage(video, (width - wide) / 2, (height - high) / 2, wide, high);
    askedAt = performance.now();
    captured.set(++sent, time);
    trigger("stream", { frame: canvas.toDataURL("image/jpeg", QUALITY), number: sent });
}

function onLoad(event) {
    const number = Number(event.target.src?.split("#")[1]);
    if (!stream || !captured.has(number)) return;
    const time = captured.get(number);
    for (const key of captured.keys()) if (key <= number) captured.delete(key);
    answered = Math.max(answered, number);
    wait = FIRST_WAIT;
    turnAt ??= performance.now();
    // After the next time the browser paints.
    requestAnimationFrame(() => setTimeout(() => measure(performance.now(), time)));
}

function measure(now, time) {
    shownAt = now;
    live.shown += 1;
    live.latencies.push(now - time);
    if (live.latencies.length > 300) live.latencies.shift();
    times.push(now);
}

function middle(numbers) {
    return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;
}

async function tick() {
    if (!live.running) return;
    const now = performance.now();
    if (!element.offsetParent) return stop(SENTENCES.left);
    times = times.filter((time) => time > now - 2000);
    live.fps = times.length > 1 ? (1000 * (times.length - 1)) / (times.at(-1) - times[0]) : 0;
    live.latency = middle(live.latencies.slice(-60));
    const text = await report(now);
    if (live.running) caption(text);
}

async function report(now) {
    if (!document.hidden && now - seenAt > SILENT) return SENTENCES.silent;
    try {
        waiting = await server.count_waiting();
    } catch {
        return SENTENCES.lost;
    }
    if (now - shownAt > UNSEEN || !live.shown) return waiting ? SENTENCES.inLine : SENTENCES.starting;
    const facts = `${Math.round(live.fps)} fps · ${Math.round(live.latency)} ms from camera to painting · ${live.width} × ${live.height}`;
    const others = waiting === 1 ? "1 other is" : `${waiting} others are`;
    return waiting ? `${facts} · ${others} waiting, so turns last TURN_SECONDS s` : facts;
}

note.textContent = SENTENCES.start;
element.querySelector(".camera-start").addEventListener("click", start);
element.querySelector(".camera-stop").addEventListener("click", () => stop(SENTENCES.start));
document.addEventListener("load", (event) => event.target.closest?.("#webcam-painting") && onLoad(event), true);
setInterval(tick, 1000);
