// Talks to the server as a web chat does.  Reads one JSON object with url, options,
// and steps from the command line; writes what it heard as one JSON line.
const { io } = require("socket.io-client");
const { url, options, steps, quiet } = JSON.parse(process.argv[2]);
const socket = io(url, { reconnection: false, timeout: 20000, ...options });
const heard = [];
let pending = null;

function finish(code) {
  process.stdout.write(JSON.stringify({ id: socket.id || null, heard }) + "\n");
  socket.close();
  process.exit(code);
}

function until(count) {
  return new Promise((resolve) => {
    pending = () => heard.length >= count && resolve();
    pending();
  });
}

socket.onAny((event, data) => {
  heard.push([event, data]);
  if (pending) pending();
});
socket.on("connect_error", (error) => {
  heard.push(["connect_error", String(error.message)]);
  finish(0);
});
socket.on("connect", async () => {
  for (const step of steps) {
    const [event, data, expected] = step;
    const filled = JSON.parse(
      JSON.stringify(data === undefined ? null : data).replace(
        "$SESSION",
        (heard.find(([name]) => name === "session_confirm") || [])[1],
      ),
    );
    socket.emit(event, filled);
    await until(expected);
  }
  finish(0);
});
setTimeout(() => {
  heard.push(["timed out"]);
  finish(1);
}, 30000);
