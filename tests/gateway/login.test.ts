import assert from "node:assert/strict";
import { parse } from "yaml";
import type { Login } from "../../components/kit/bindings.ts";
import { sessionKey } from "../../components/gateway/credentials.ts";
import {
  loginArguments,
  loginConfiguration,
  loginFile,
  loginFlags,
  loginImage,
} from "../../components/gateway/login.ts";
import type { LoginShape } from "../../components/gateway/login.ts";
import { client } from "./client.ts";
import { configurationFlag, documentedVersion, flags, structures } from "./oauth2-proxy-options.ts";

const shape = (login: Partial<Login> = {}, more: Partial<LoginShape> = {}): LoginShape => ({
  host: "app.example.org",
  upstream: "http://app.apps.svc.cluster.local:80",
  login: { client, ...login },
  apiOnly: false,
  gatewayCidrs: ["10.244.0.0/16"],
  ...more,
});

const everything: [string, LoginShape][] = [
  ["a login alone", shape()],
  ["paths for programs", shape({ apiPaths: ["/api/", "/v2"] })],
  ["a host for programs", shape({}, { apiOnly: true })],
  [
    "groups, claims and no Authorization",
    shape({ groups: ["staff"], claims: { role_id: "X-Role" }, removeAuthorization: true }),
  ],
  ["a long wait", shape({}, { timeoutSeconds: 300 })],
];

const duration = /^([0-9]+(ns|us|ms|s|m|h))+$/;

/** Whether a value has a type of Go's, as the documentation writes it; else where it does not. */
function misfits(value: unknown, type: string, path = ""): string[] {
  if (type === "Providers") return misfits(value, "[]Provider", path);
  if (type.startsWith("[]") && type !== "[]byte")
    return Array.isArray(value)
      ? value.flatMap((one, index) => misfits(one, type.slice(2), `${path}[${index}]`))
      : [`${path} is no list`];
  const fields = structures[type];
  if (fields !== undefined) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return [`${path} is no ${type}`];
    return Object.entries(value).flatMap(([key, one]) => {
      const inner = fields[key];
      return inner === undefined ? [`${type} has no ${key}`] : misfits(one, inner, `${path}.${key}`);
    });
  }
  const right =
    type === "bool"
      ? typeof value === "boolean"
      : type === "int"
        ? Number.isInteger(value)
        : typeof value === "string" && (type !== "duration" || duration.test(value));
  return right ? [] : [`${path} is no ${type}`];
}

describe("oauth2-proxy", () => {
  for (const [name, one] of everything) {
    it(`is told only what its documentation knows, in the right types: ${name}`, () => {
      for (const [flag, value] of Object.entries(loginFlags(one))) {
        if (flag === configurationFlag) continue;
        const type = Object.entries(flags).find(([, names]) => names.includes(flag))?.[0];
        assert.ok(type, `--${flag} is not documented`);
        assert.deepEqual(misfits(value, type === "list" ? "[]string" : type, flag), []);
      }
      assert.deepEqual(misfits(loginConfiguration(one), "AlphaOptions"), []);
      assert.deepEqual(parse(loginFile(one)), loginConfiguration(one));
    });
  }

  it("is the version whose documentation it is", () => assert.ok(loginImage.endsWith(`:${documentedVersion}`)));

  it("is asked in the tests for what could be misspelt", () => {
    assert.deepEqual(misfits({ providers: [{ clientId: "a" }] }, "AlphaOptions"), ["Provider has no clientId"]);
    assert.deepEqual(misfits({ upstreamConfig: { proxyRawPath: "true" } }, "AlphaOptions"), [
      ".upstreamConfig.proxyRawPath is no bool",
    ]);
    assert.deepEqual(misfits("5 minutes", "duration", "x"), ["x is no duration"]);
  });

  const provider = (one: LoginShape) =>
    (loginConfiguration(one) as { providers: Record<string, unknown>[] }).providers[0] ?? {};
  const headers = (one: LoginShape) =>
    Object.fromEntries(
      (
        loginConfiguration(one) as {
          injectRequestHeaders: { name: string; values: { claimSource: { claim: string } }[] }[];
        }
      ).injectRequestHeaders.map(({ name, values }) => [
        name,
        values.map(({ claimSource }) => claimSource.claim).join(),
      ]),
    );

  it("sends browsers to the public host with PKCE, and asks inside the cluster itself", () => {
    const { loginURL, redeemURL, profileURL, code_challenge_method: method, oidcConfig } = provider(shape());
    assert.deepEqual(
      [loginURL, redeemURL, profileURL, method],
      [client.authorizationUrl, client.inCluster.tokenUrl, client.inCluster.userInfoUrl, "S256"],
    );
    assert.equal((oidcConfig as { jwksURL: string }).jwksURL, client.inCluster.jwksUrl);
    assert.equal(loginFlags(shape())["redirect-url"], "https://app.example.org/oauth2/callback");
  });

  it("lets in who has the client's role, or one of the groups that were named", () => {
    assert.deepEqual(provider(shape())["keycloakConfig"], { roles: ["app:app_role"] });
    assert.equal(provider(shape())["allowedGroups"], undefined);
    assert.deepEqual(provider(shape({ groups: ["a", "b"] }))["allowedGroups"], ["a", "b"]);
  });

  it("W15: says who came, and the claims that the application asks for", () => {
    assert.deepEqual(headers(shape({ claims: { role_id: "X-Role", group: "X-Group" } })), {
      "X-Forwarded-User": "preferred_username",
      "X-Forwarded-Preferred-Username": "preferred_username",
      "X-Forwarded-Email": "email",
      "X-Forwarded-Groups": "groups",
      "X-Role": "role_id",
      "X-Group": "group",
    });
    assert.deepEqual(provider(shape({ claims: { role_id: "X-Role" } }))["additionalClaims"], ["role_id"]);
  });

  it("W11: takes Authorization away where the application chokes on it, and leaves it elsewhere", () => {
    assert.equal(headers(shape({ removeAuthorization: true }))["Authorization"], "");
    assert.ok(!("Authorization" in headers(shape())));
  });

  it("accepts bearer tokens on the paths for programs, whole segments of them, and nowhere else", () => {
    const { "api-route": routes, "skip-jwt-bearer-tokens": bearer } = loginFlags(
      shape({ apiPaths: ["/api/", "/v2.0"] }),
    );
    assert.equal(bearer, true);
    assert.deepEqual(routes, ["^/api(/|$)", "^/v2\\.0(/|$)"]);
    const matches = (path: string) => routes.some((route) => new RegExp(route).test(path));
    assert.deepEqual(["/api", "/api/x", "/apis", "/v2.0/x", "/v2x0", "/"].map(matches), [
      true,
      true,
      false,
      true,
      false,
      false,
    ]);
    assert.equal(loginFlags(shape())["skip-jwt-bearer-tokens"], undefined);
    assert.deepEqual(loginFlags(shape({}, { apiOnly: true }))["api-route"], ["^/"]);
  });

  it("D8, rule 3: checks certificates, tokens and nonces, and has no secret in its arguments or file", () => {
    for (const [, one] of everything) {
      const text = [...loginArguments(one), loginFile(one)].join("\n");
      assert.ok(!/insecure-skip|insecureSkipIssuerVerification|"insecureSkipNonce": true|skip-verify/.test(text));
      assert.ok(!/clientSecret"|cookie-secret/.test(text));
    }
  });

  it("reads its file as it is written, whatever a name holds", () => {
    const odd = shape({ groups: ["${HOME}", "$a"] });
    // The program replaces $NAME and ${NAME} in the text of the file before it reads it (github.com/a8m/envsubst).
    assert.ok(!loginFile(odd).includes("$"));
    assert.deepEqual(parse(loginFile(odd)), loginConfiguration(odd));
  });

  it("asks for a client with a secret", () =>
    assert.throws(
      () => loginConfiguration(shape({ client: { ...client, clientSecret: undefined } })),
      /has no secret/,
    ));
});

describe("the key of a host's sessions", () => {
  it("is 32 bytes, the same each time, and another for each host and each master", () => {
    const keys = [sessionKey("m", "a"), sessionKey("m", "b"), sessionKey("n", "a")];
    assert.equal(new Set(keys).size, 3);
    assert.equal(sessionKey("m", "a"), keys[0]);
    for (const key of keys) {
      assert.match(key, /^[A-Za-z0-9_-]{43}=$/);
      assert.equal(Buffer.from(key, "base64url").length, 32);
    }
  });
});
