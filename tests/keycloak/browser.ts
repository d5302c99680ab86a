// A browser as far as a login needs one: cookies, forms and redirects, through a gateway that speaks HTTPS.
import { createHash, randomBytes } from "node:crypto";

/** An answer, with its text read. */
export interface Answer {
  readonly status: number;
  readonly location: string;
  readonly text: string;
}

/** One person's browser: its cookies are those of the public host, by name and path (RFC 6265, section 5.1.4). */
export class Browser {
  private readonly cookies = new Map<
    string,
    { readonly name: string; readonly value: string; readonly path: string }
  >();
  private readonly publicUrl: string;
  private readonly node: () => string;

  /**
   * @param publicUrl `https://HOST` of the provider
   * @param node where the gateway sends a request, asked each time
   */
  constructor(publicUrl: string, node: () => string) {
    this.publicUrl = publicUrl;
    this.node = node;
  }

  /** Requests a page of the provider, as the gateway passes it on. */
  async open(url: string, form?: Readonly<Record<string, string>>): Promise<Answer> {
    const { host } = new URL(this.publicUrl);
    const answer = await fetch(url.replace(this.publicUrl, this.node()), {
      method: form === undefined ? "GET" : "POST",
      redirect: "manual",
      headers: {
        cookie: [...this.cookies.values()]
          .filter(({ path }) => new URL(url).pathname.startsWith(path))
          .map(({ name, value }) => `${name}=${value}`)
          .join("; "),
        "x-forwarded-for": "203.0.113.7",
        "x-forwarded-host": host,
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
        ...(form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
      },
      ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      const [, path = "/"] = /;\s*path=([^;]*)/i.exec(line) ?? [];
      const id = `${path} ${name}`;
      if (/max-age=0|expires=thu, 01-jan-1970/i.test(line) || value === "") this.cookies.delete(id);
      else this.cookies.set(id, { name, value, path });
    }
    return { status: answer.status, location: answer.headers.get("location") ?? "", text: await answer.text() };
  }

  /**
   * Opens an address and goes on until something else than the provider's own pages is asked for: follows its redirects,
   * and fills in its forms.
   *
   * @param person what to fill in, by the input's name; a form that asks for more ends the way
   */
  async follow(url: string, person: Readonly<Record<string, string>>): Promise<Answer & { readonly forms: number }> {
    let answer = await this.open(url);
    let forms = 0;
    for (let step = 0; step < 12; step++) {
      if (answer.location !== "") {
        const next = new URL(answer.location, this.publicUrl);
        if (next.origin !== this.publicUrl) return { ...answer, forms };
        answer = await this.open(next.href);
        continue;
      }
      const form = formOf(answer.text);
      // The HTTP POST binding of SAML (saml-bindings-2.0, section 3.5): the page sends itself on.
      if (form !== undefined && ("SAMLRequest" in form.hidden || "SAMLResponse" in form.hidden)) {
        answer = await this.open(form.action, form.hidden);
        continue;
      }
      if (answer.status !== 200 || form === undefined || !form.inputs.some((name) => name in person) || forms > 4)
        return { ...answer, forms };
      const known = form.inputs.filter((name) => name in person).map((name) => [name, person[name] ?? ""]);
      answer = await this.open(form.action, {
        ...form.hidden,
        ...(Object.fromEntries(known) as Record<string, string>),
      });
      forms++;
    }
    throw new Error(`no end of redirects at ${url}`);
  }
}

/** The form of a page: where it goes, its hidden values and the names of what it asks for. */
export function formOf(html: string) {
  const [, head = "", body = ""] = /<form([^>]*)>(.*?)<\/form>/s.exec(html) ?? [];
  const attribute = (tag: string, name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1];
  const action = attribute(head, "action")?.replaceAll("&amp;", "&");
  if (action === undefined) return undefined;
  const inputs = [...body.matchAll(/<input([^>]*)>/gs)].map(([, tag = ""]) => tag);
  const hidden = inputs.filter((tag) => attribute(tag, "type") === "hidden");
  return {
    action,
    hidden: Object.fromEntries(hidden.map((tag) => [attribute(tag, "name") ?? "", attribute(tag, "value") ?? ""])),
    inputs: inputs.filter((tag) => attribute(tag, "type") !== "hidden").map((tag) => attribute(tag, "name") ?? ""),
  };
}

/** What an application keeps of a login that it begins, as oauth2-proxy does with `code_challenge_method: S256`. */
export function beginLogin(authorizationUrl: string, clientId: string, redirectUri: string, withChallenge = true) {
  const random = () => randomBytes(32).toString("base64url");
  const [verifier, state, nonce] = [random(), random(), random()];
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  const query = new URLSearchParams({
    response_type: "code",
    scope: "openid email profile",
    client_id: clientId,
    redirect_uri: redirectUri,
    state,
    nonce,
    ...(withChallenge ? { code_challenge: challenge, code_challenge_method: "S256" } : {}),
  });
  return { url: `${authorizationUrl}?${query.toString()}`, verifier, state, nonce };
}

/** The claims of a token, unverified. */
export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as Record<string, unknown>;
}
