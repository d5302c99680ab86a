// A mail server as far as Keycloak needs one (RFC 5321, with AUTH of RFC 4954): it keeps what it gets.
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

/** A mail that arrived, and who brought it. */
export interface Mail {
  readonly login: { readonly username: string; readonly password: string } | undefined;
  readonly from: string;
  readonly to: string;
  /** Headers and text as they were sent. */
  readonly text: string;
}

/** Starts one on a free port of this machine. */
export async function startMailServer() {
  const mails: Mail[] = [];
  const server = createServer((socket) => converse(socket, mails));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { mails, port: (server.address() as AddressInfo).port, stop: () => server.close() };
}

function converse(socket: Socket, mails: Mail[]): void {
  const say = (line: string) => socket.write(`${line}\r\n`);
  const decoded = (text: string) => Buffer.from(text, "base64").toString();
  let login: Mail["login"];
  let [from, to, pending] = ["", "", ""];
  /** What the next line answers: a step of a login, or the mail itself. */
  let next: ((line: string) => void) | undefined;
  const word = (line: string) => line.slice(0, 4).toUpperCase();

  const accept = (username: string, password: string) => {
    login = { username, password };
    next = undefined;
    say("235 welcome");
  };
  const authenticate = (line: string) => {
    const [, method = "", first] = line.split(" ");
    const plain = (text: string) => {
      const [, username = "", password = ""] = decoded(text).split("\0");
      accept(username, password);
    };
    if (method.toUpperCase() === "PLAIN") {
      if (first !== undefined) return plain(first);
      next = plain;
      return say("334 ");
    }
    next = (name) => {
      next = (password) => accept(decoded(name), decoded(password));
      say("334 UGFzc3dvcmQ6");
    };
    return say("334 VXNlcm5hbWU6");
  };
  const receive = () => {
    const lines: string[] = [];
    next = (line) => {
      if (line !== ".") return void lines.push(line);
      mails.push({ login, from, to, text: lines.join("\n") });
      next = undefined;
      return say("250 kept");
    };
    say("354 go on");
  };
  const command = (line: string) => {
    switch (word(line)) {
      case "EHLO":
        return say("250-mail.example.org\r\n250 AUTH LOGIN PLAIN");
      case "AUTH":
        return authenticate(line);
      case "MAIL":
        from = /<([^>]*)>/.exec(line)?.[1] ?? "";
        return say("250 ok");
      case "RCPT":
        to = /<([^>]*)>/.exec(line)?.[1] ?? "";
        return say("250 ok");
      case "DATA":
        return receive();
      case "QUIT":
        say("221 bye");
        return socket.end();
      default:
        return say("250 ok");
    }
  };

  socket.on("error", () => undefined);
  socket.on("data", (part: Buffer) => {
    const lines = `${pending}${part.toString()}`.split("\r\n");
    pending = lines.pop() ?? "";
    for (const line of lines) (next ?? command)(line);
  });
  say("220 mail.example.org");
}
