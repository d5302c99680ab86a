import type { Json } from "../desired.ts";

/** What the server answered in place of what was asked for, in its own words. */
export class Refused extends Error {
  readonly status: number;
  readonly words: string;

  constructor(request: string, status: number, words: string) {
    super(`${request}: ${status} ${words}`);
    this.status = status;
    this.words = words;
  }
}

/** A timeout and the interval between two requests, in milliseconds. */
export interface Times {
  readonly forMs: number;
  readonly everyMs: number;
}

/** The first answer of the server did not come in time. */
export class NotReady extends Error {}

/** A user of the server, with the password. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/** The REST API of one Graylog, as one user. No error and no message of it holds a request's body: passwords stand in some. */
export class Server {
  private readonly address: string;
  private readonly authorization: string;

  /** @param address where the API begins, without a slash at its end: `http://graylog-web:9000/api` */
  constructor(address: string, { username, password }: Login) {
    this.address = address;
    this.authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  }

  /** What stands at a path. @throws Refused where the server answers anything but success */
  async get<T>(path: string): Promise<T> {
    return (await this.ask("GET", path)) as T;
  }

  /** What stands at a path; undefined where the server knows nothing of it (404). */
  async find<T>(path: string): Promise<T | undefined> {
    try {
      return await this.get<T>(path);
    } catch (error) {
      if (error instanceof Refused && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Sends a body; gives what the server answers, null where that is nothing. @throws Refused */
  async send(method: "POST" | "PUT" | "DELETE", path: string, body?: Json): Promise<unknown> {
    return this.ask(method, path, body);
  }

  private async ask(method: string, path: string, body?: Json): Promise<unknown> {
    const response = await fetch(`${this.address}${path}`, {
      method,
      headers: {
        accept: "application/json",
        authorization: this.authorization,
        "content-type": "application/json",
        // Graylog refuses what changes something without it, as browsers' forgeries come.
        "x-requested-by": "groundplan",
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    if (!response.ok) throw new Refused(`${method} ${path}`, response.status, words(text) || response.statusText);
    return text === "" ? null : (JSON.parse(text) as unknown);
  }
}

/**
 * Waits until the server takes requests, asking every `everyMs`.
 * @throws NotReady after `forMs`, with what was seen last
 */
export async function waitUntilReady(address: string, times: Times, say: (line: string) => void): Promise<void> {
  const end = Date.now() + times.forMs;
  let said: string | undefined;
  for (;;) {
    const seen = await state(`${address}/system/lbstatus`);
    if (seen === undefined) return;
    if (Date.now() >= end)
      throw new NotReady(`Graylog at ${address} is not ready after ${times.forMs / 1000} s; at last: ${seen}`);
    if (seen !== said) say(`waiting for Graylog at ${address}: ${seen}`);
    said = seen;
    await new Promise((resolve) => setTimeout(resolve, times.everyMs));
  }
}

/** What keeps the server from taking requests; undefined: nothing. A throttled server still answers its API. */
async function state(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    const text = await response.text();
    return response.ok || response.status === 429 ? undefined : `${response.status} ${words(text)}`;
  } catch (error) {
    const cause = (error as { cause?: unknown }).cause ?? error;
    return cause instanceof Error ? cause.message || cause.name : "no answer";
  }
}

/** The error message of an answer. The parts of Graylog have different JSON for it: its API, validation, parsers and shares. */
function words(text: string): string {
  try {
    const answer = JSON.parse(text) as unknown;
    const found = typeof answer === "object" ? sentences(answer) : [];
    if (found.length > 0) return found.join(Array.isArray(answer) ? "; " : " ");
  } catch {
    // Not JSON: a proxy's page, or plain text.
  }
  return text.trim().slice(0, 500);
}

function sentences(answer: unknown): string[] {
  if (typeof answer === "string") return answer.trim() === "" ? [] : [answer.trim().replace(/\s+/g, " ")];
  if (Array.isArray(answer)) return answer.flatMap(sentences);
  if (typeof answer !== "object" || answer === null) return [];
  const { error, errors, line, message, position_in_line: position, reason } = answer as Answer;
  const { validation_errors: invalid, validation_result: result } = answer as Answer;
  // An error of the parser of rules or pipelines.
  if (reason !== undefined) return sentences(reason).map((one) => `line ${line}, position ${position}: ${one}`);
  return [message, error, errors]
    .flatMap(sentences)
    .concat(Object.entries(invalid ?? result?.errors ?? {}).flatMap(ofMember));
}

/** The errors of a member of the body; `_` is the whole body. */
function ofMember([name, wrong]: [string, unknown]): string[] {
  return sentences(wrong).map((one) => (name === "_" ? one : `${name}: ${one}`));
}

interface Answer {
  readonly message?: unknown;
  readonly error?: unknown;
  readonly errors?: unknown;
  readonly reason?: unknown;
  readonly line?: number;
  readonly position_in_line?: number;
  readonly validation_errors?: Readonly<Record<string, unknown>>;
  readonly validation_result?: { readonly errors?: Readonly<Record<string, unknown>> };
}
