import { accessSync, constants } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";

/** Nothing that reaches for the network, and no sandbox, which containers do not allow. */
const switches = [
  "--no-sandbox",
  "--headless",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The Chromium of this machine: what CHROMIUM names, or the first on PATH; undefined where there is none. */
export function chromiumPath(): string | undefined {
  const named = process.env["CHROMIUM"];
  const names = ["chromium", "chromium-browser", "google-chrome"];
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const places = [
    ...(named === undefined ? [] : [named]),
    ...folders.flatMap((folder) => names.map((name) => join(folder, name))),
  ];
  return places.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** A browser with a server on this machine, since a file would be read without asking anybody. */
export class TestBrowser {
  private readonly browser: Browser;
  private readonly server = createServer((request, response) => {
    this.asked.push(request.url ?? "");
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(this.content);
  });
  private content = "";
  /** What the page asked the server for since it was opened. */
  readonly asked: string[] = [];
  /** Errors of the page since it was opened: of scripts, of the policy, of requests. */
  readonly errors: string[] = [];

  private constructor(browser: Browser) {
    this.browser = browser;
  }

  /** @throws where there is no Chromium */
  static async start(): Promise<TestBrowser> {
    const executablePath = chromiumPath();
    if (executablePath === undefined) throw new Error("no Chromium");
    const started = new TestBrowser(await chromium.launch({ executablePath, args: switches }));
    await new Promise<void>((resolve) => started.server.listen(0, "127.0.0.1", resolve));
    return started;
  }

  async stop(): Promise<void> {
    await this.browser.close();
    this.server.close();
  }

  /** Opens a page in a context of its own. */
  async open(content: string, options: BrowserContextOptions = {}, fragment = ""): Promise<Page> {
    this.content = content;
    this.asked.length = 0;
    this.errors.length = 0;
    const context = await this.browser.newContext({ reducedMotion: "reduce", ...options });
    const page = await context.newPage();
    const { port } = this.server.address() as AddressInfo;
    page.on("pageerror", (error) => this.errors.push(error.message));
    page.on("console", (message) => message.type() === "error" && this.errors.push(message.text()));
    page.on("request", (request) => {
      if (new URL(request.url()).protocol !== "data:" && new URL(request.url()).port !== String(port))
        this.errors.push(`asked for ${request.url()}`);
    });
    page.on("dialog", (dialog) => {
      this.errors.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    await page.goto(`http://127.0.0.1:${port}/${fragment}`);
    return page;
  }
}
