import { request as plain } from "node:http";
import { request as encrypted } from "node:https";

/** A failure that the program reports in one line. The text contains no credential. */
export class Failure extends Error {}

/** A request; `ca` are the only CA certificates (PEM) that its server may use. */
export interface Call {
  readonly url: string;
  readonly method?: "GET" | "PATCH" | "POST" | "PUT";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly ca?: string;
}

/** The answer of a server, whatever its status. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

const timeout = 30_000;

/**
 * Sends a request.
 * @param server its name in messages
 * @throws Failure where no answer comes within 30 seconds
 */
export async function call(server: string, { url, method = "GET", headers, body, ca }: Call): Promise<Answer> {
  try {
    return await new Promise<Answer>((resolve, reject) => {
      const start = url.startsWith("https:") ? encrypted : plain;
      const options = { method, headers, signal: AbortSignal.timeout(timeout), ...(ca === undefined ? {} : { ca }) };
      const sent = start(url, options, (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("error", reject);
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString("utf8") }),
        );
      });
      sent.on("error", reject);
      sent.end(body);
    });
  } catch (error) {
    const { code, name } = error as { code?: string; name: string };
    const reason = name === "AbortError" ? `no answer within ${timeout / 1000} s` : (code ?? name);
    throw new Failure(`${server} at ${new URL(url).host}: ${reason}`);
  }
}
