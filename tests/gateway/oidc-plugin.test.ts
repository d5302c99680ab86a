import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { kongImage } from "../../components/gateway/kong-chart.ts";
import { pluginConfiguration } from "../../components/gateway/oidc-plugin.ts";
import type { PluginShape } from "../../components/gateway/oidc-plugin.ts";
import { root } from "../stacks.ts";
import { client } from "./client.ts";
import { pluginFields, requiredFields } from "./oidc-plugin-fields.ts";

const secrets = { clientSecret: "s3cret", session: "k3y" };
const browsers: PluginShape = { host: "app.example.org", login: { client }, bearerOnly: false };
const programs: PluginShape = { ...browsers, bearerOnly: true };
const everything: PluginShape = {
  ...programs,
  login: { client, groups: ["staff"], claims: { role_id: "X-Role" }, removeAuthorization: true },
};

describe("the plugin oidc", () => {
  it("W10: has every field, for a host of browsers", () => {
    const made = Object.entries(pluginConfiguration(browsers, secrets));
    const rest = made.filter(([field]) => !field.startsWith("header_"));
    assert.deepEqual(Object.fromEntries(rest), {
      bearer_only: "no",
      client_id: "app",
      client_secret: "s3cret",
      cookie_name: "groundplan_login",
      disable_access_token_header: "yes",
      discovery: client.inCluster.discoveryUrl,
      encryption_secret: "k3y",
      id_token_header_name: "X-Userinfo",
      logout_path: "/logout",
      realm: "platform",
      redirect_after_logout_uri: "/",
      redirect_uri: "https://app.example.org/oauth2/callback",
      response_type: "code",
      scope: "openid",
      session_absolute_timeout: 36_000,
      ssl_verify: "yes",
      token_endpoint_auth_method: "client_secret_post",
      unauth_action: "auth",
      userinfo_header_name: "X-Userinfo",
    });
  });

  it("W10: takes bearer tokens only on a host of programs, and has each looked up", () => {
    const made = pluginConfiguration(programs, secrets);
    assert.deepEqual(
      [made.bearer_only, made.unauth_action, made.introspection_endpoint],
      ["yes", "deny", client.inCluster.introspectionUrl],
    );
  });

  it("W15: says who came, in X-Userinfo and in headers by claim", () => {
    const { header_names: names, header_claims: claims } = pluginConfiguration(everything, secrets);
    assert.deepEqual(Object.fromEntries(names.map((name, index) => [name, claims[index]])), {
      "X-Forwarded-User": "preferred_username",
      "X-Forwarded-Preferred-Username": "preferred_username",
      "X-Forwarded-Email": "email",
      "X-Forwarded-Groups": "groups",
      "X-Role": "role_id",
    });
  });

  it("is told only fields that its schema has, in the right types, and all that it requires", () => {
    for (const shape of [browsers, programs, everything]) {
      const made = pluginConfiguration(shape, secrets);
      for (const [field, value] of Object.entries(made)) {
        const type = Array.isArray(value) ? "array" : typeof value;
        assert.ok((pluginFields as Record<string, readonly string[]>)[type]?.includes(field), `${field}: ${type}`);
      }
      for (const field of requiredFields) assert.ok(field in made, field);
    }
  });
});

describe("the image with the plugin oidc", () => {
  const folder = join(root, "images", "kong-oidc");
  const dockerfile = readFileSync(join(folder, "Dockerfile"), "utf8");

  it("is built from the Kong that runs without it", () =>
    assert.deepEqual(/^FROM (.*)$/m.exec(dockerfile)?.[1], kongImage));

  it("is built from exact versions, and does not run as root", () => {
    assert.match(dockerfile, /kong-plugin-oidc\.git#[0-9a-f]{40} /);
    for (const [, rock, version] of dockerfile.matchAll(/luarocks install (\S+) (\S*)/g))
      assert.match(version ?? "", /^\d+\.\d+\.\d+-\d+$/, rock);
    assert.match(dockerfile.trimEnd(), /\nUSER kong$/);
  });

  it("is tried with every field before it is published", () => {
    const sample = parse(readFileSync(join(folder, "sample.yaml"), "utf8")) as {
      services: { plugins: { name: string; config: object }[] }[];
    };
    const [plugin] = sample.services.flatMap(({ plugins }) => plugins);
    assert.equal(plugin?.name, "oidc");
    assert.deepEqual(plugin.config, pluginConfiguration(everything, { clientSecret: "sample", session: "sample" }));
  });

  it("is tagged with the versions that it holds", () => {
    const workflow = readFileSync(join(root, ".github", "workflows", "kong-image.yml"), "utf8");
    const kong = kongImage.split(":")[1];
    const plugin = /kong-plugin-oidc-(\d+\.\d+\.\d+)-/.exec(dockerfile)?.[1];
    assert.ok(workflow.includes(`TAG: ${kong}-${plugin}-`));
  });
});
