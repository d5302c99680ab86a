import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { Credential } from "../../components/kit/credential.ts";
import type { Extension } from "../../stacks/extension.ts";
import { wiki } from "../settings/pem-samples.ts";
import { inOwn, Page, recordProgram, refusal, service } from "./program.ts";

const consumer = { namespace: "own" };
const external = ["secrets:token={secure: v1}"];

interface Case {
  readonly title: string;
  readonly program: Extension;
  readonly set?: readonly string[];
  /** Texts of the message, in this order. */
  readonly says: readonly string[];
}

const owners: readonly Case[] = [
  {
    title: "a database of the settings",
    program: inOwn((platform) => void platform.database({ name: "rdm", consumer })),
    says: ['platform.database("rdm")', "groundplan:postgresql.databases[0] already has this database", "fix"],
  },
  {
    title: "a database of a component",
    program: inOwn((platform) => void platform.database({ name: "grafana", consumer })),
    says: ['platform.database("grafana")', "groundplan:monitoring already has this database"],
  },
  {
    title: "a database of an application in the settings",
    set: [
      "applications=[{name: shop, image: 'docker.io/library/nginx:1.29.1', ports: {http: 8080}, probes: {readiness: {http: /}, liveness: {http: /}}, resources: {cpu: 10m, memory: 32Mi, memoryLimit: 64Mi}, databases: [{name: shop}]}]",
    ],
    program: inOwn((platform) => void platform.database({ name: "shop", consumer })),
    says: ["groundplan:applications[0].databases[0].name", 'platform.database("shop").name already has this database'],
  },
  {
    title: "two databases of the program",
    program: inOwn((platform) => {
      platform.database({ name: "wiki", consumer });
      platform.database({ name: "wiki", consumer });
    }),
    says: ['platform.database("wiki")', 'platform.database("wiki") already has this database'],
  },
  {
    title: "a host of a component",
    program: inOwn((platform) => void platform.host({ host: "grafana", purpose: "page", service: service() })),
    says: ['platform.host("grafana").host', "groundplan:monitoring.grafana.host already has this host"],
  },
  {
    title: "a host of the settings, written in full",
    set: ["gateway.hosts=[{host: wiki, namespace: rdm, service: wiki}]"],
    program: inOwn((platform) => void platform.host({ host: "wiki.example.org", purpose: "page", service: service() })),
    says: ['platform.host("wiki.example.org")', "groundplan:gateway.hosts[0] already has this host"],
  },
  {
    title: "a client of a component",
    program: inOwn(
      (platform) => void platform.client({ name: "grafana", consumer, redirectUris: ["https://a.example.org/"] }),
    ),
    says: ['platform.client("grafana").name', "groundplan:monitoring already has this client"],
  },
  {
    title: "a namespace of a component",
    program: (platform) => void platform.namespace({ name: "monitoring" }),
    says: ['platform.namespace("monitoring")', "groundplan:monitoring already has this namespace"],
  },
  {
    title: "a namespace of the settings",
    program: (platform) => void platform.namespace({ name: "rdm" }),
    says: ['platform.namespace("rdm")', "already has this namespace"],
  },
  {
    title: "two namespaces of the program",
    program: inOwn((platform) => void platform.namespace({ name: "own" })),
    says: ['platform.namespace("own")', 'platform.namespace("own") already has this namespace'],
  },
  {
    title: "a bucket of a component",
    set: ["buckets={kind: embedded}"],
    program: inOwn((platform) => void platform.bucket({ name: "thanos", consumer })),
    says: ['platform.bucket("thanos")', "groundplan:monitoring already has this bucket"],
  },
  {
    title: "a dashboard of a component",
    program: inOwn((platform) => platform.watch({ component: "keycloak", title: "Own", namespace: "own" })),
    says: ['platform.watch("keycloak")', "groundplan:keycloak already has this dashboard"],
  },
  {
    title: "a generated secret of the platform",
    program: inOwn(({ environment }) => {
      new Credential(new Page(environment), "key", { name: "login-sessions", recipe: { rotate: "nothing" } });
    }),
    says: ['new Credential("login-sessions")', "two generated secrets of this name"],
  },
  {
    title: "an output of the platform",
    program: () => ({ domain: "other.example.org" }),
    says: ['the output "domain" of the program', "the platform has an output of this name"],
  },
];

const missing: readonly Case[] = [
  {
    title: "PostgreSQL",
    set: [
      "postgresql={enabled: false, databases: []}",
      "keycloak={enabled: false}",
      "monitoring={enabled: false}",
      "gateway={enabled: false}",
      "logging={enabled: false}",
    ],
    program: inOwn((platform) => void platform.database({ name: "wiki", consumer })),
    says: ["groundplan:postgresql.enabled true --stack prod"],
  },
  {
    title: "an object store",
    set: ["buckets={kind: none}", "monitoring.thanos.enabled=false", "backup.enabled=false"],
    program: inOwn((platform) => void platform.bucket({ name: "wiki", consumer })),
    says: ['platform.bucket("wiki"): the stack has no object store', "groundplan:buckets.kind embedded --stack prod"],
  },
  {
    title: "a gateway",
    set: ["gateway={enabled: false}"],
    program: inOwn((platform) => void platform.host({ host: "wiki", purpose: "page", service: service() })),
    says: ["groundplan:gateway.enabled true --stack prod"],
  },
  {
    title: "Keycloak",
    set: ["keycloak={enabled: false}", "gateway={enabled: true}"],
    program: inOwn(
      (platform) => void platform.client({ name: "wiki", consumer, redirectUris: ["https://a.example.org/"] }),
    ),
    says: ["groundplan:keycloak.enabled true --stack prod"],
  },
  {
    title: "an NFS server",
    program: inOwn((platform) => void platform.folder({ path: "/wiki" })),
    says: ['platform.folder("/wiki"): the stack has no NFS server', "groundplan:nfs.server.enabled true --stack prod"],
  },
  {
    title: "an input of Graylog",
    program: inOwn((platform) => void platform.logInput("own", consumer)),
    says: ['platform.logInput("own"): Graylog has no input of this title', "add it to logging.graylog.inputs"],
  },
  {
    title: "an issuer",
    set: [
      ...["keycloak", "monitoring", "logging", "backup"].map((section) => `${section}={enabled: false}`),
      "secrets:wiki-key={secure: v1}",
      `certificates={enabled: false, hosts: [{host: wiki, namespace: wiki, certificate: ${JSON.stringify(wiki)}, keySecret: wiki-key}]}`,
      "gateway={enabled: true, kind: traefik, hosts: [{host: wiki, namespace: wiki, service: wiki, labels: {app: wiki}}]}",
    ],
    program: inOwn((platform) => void platform.host({ host: "shop", purpose: "page", service: service() })),
    says: [
      "the gateway's hosts (shop) need certificates, but certificates.enabled is false",
      "groundplan:certificates.enabled true --stack prod",
    ],
  },
  {
    title: "a secret",
    program: (platform) => void platform.secret("token"),
    says: [
      'platform.secret("token"): no secret with this name is set',
      "npx pulumi config set --secret secrets:token --stack prod",
    ],
  },
  {
    title: "a namespace",
    program: (platform) => void platform.database({ name: "wiki", consumer }),
    says: [
      'platform.database("wiki"): the stack has no namespace of this name',
      'call platform.namespace({ name: "own" }) first',
    ],
  },
];

const wrong: readonly Case[] = [
  {
    title: "a name that the format of the settings refuses",
    program: inOwn((platform) => void platform.database({ name: "Wiki!", consumer })),
    says: ['platform.database("Wiki!").name', "accepts"],
  },
  {
    title: "a name that the database server owns",
    program: inOwn((platform) => void platform.database({ name: "postgres", consumer })),
    says: ['platform.database("postgres").name: this name is reserved for the database server'],
  },
  {
    title: "a namespace of the cluster",
    program: (platform) => void platform.namespace({ name: "kube-own" }),
    says: ['platform.namespace("kube-own"): this namespace is reserved for the cluster'],
  },
  {
    title: "what this kind of gateway does not support",
    program: inOwn(
      (platform) => void platform.host({ host: "wiki", purpose: "page", service: service(), maxInFlight: 5 }),
    ),
    says: ['platform.host("wiki").maxInFlight'],
  },
  {
    title: "a login whose client does not return to the host",
    program: inOwn((platform) => {
      const client = platform.client({ name: "wiki", consumer, redirectUris: ["https://other.example.org/"] });
      platform.host({ host: "wiki", purpose: "page", service: service(), login: { client } });
    }),
    says: [
      'platform.host("wiki"): the client wiki does not return to this host',
      'add loginAt: ["wiki"] to platform.client("wiki")',
    ],
  },
  {
    title: "an async function",
    // eslint-disable-next-line @typescript-eslint/require-await -- what a user would write by mistake
    program: (async () => ({})) as unknown as Extension,
    says: ["must return the stack outputs at once", "got      a promise", "remove async and await"],
  },
  {
    title: "an output in the place of outputs",
    program: (() => pulumi.output({ a: 1 })) as unknown as Extension,
    says: ["must return the stack outputs at once", "got      an output"],
  },
  {
    title: "two components of one name",
    program: inOwn(({ environment }) => {
      new Page(environment);
      new Page(environment);
    }),
    says: ["two resources of the type groundplan:own:Page with the name page"],
  },
];

describe("a program of one's own is refused, in one message with the fix,", () => {
  for (const { title, program, set = [], says } of [...owners, ...missing, ...wrong])
    it(`${owners.some((one) => one.title === title) ? "for a second owner: " : missing.some((one) => one.title === title) ? "for what is missing: " : "for "}${title}`, async () => {
      const message = await refusal(program, ...set);
      const places = says.map((text) => message.indexOf(text));
      assert.ok(
        places.every((place) => place >= 0),
        message,
      );
      assert.deepEqual(
        places,
        [...places].sort((a, b) => a - b),
        message,
      );
      assert.match(message, /^1 problem in the program of prod|^the program creates two/);
    });

  it("with the place of the call", async () => {
    const message = await refusal(inOwn((platform) => void platform.database({ name: "rdm", consumer })));
    assert.match(message, /^1 problem in the program of prod, at tests\/extension\/refusals\.test\.ts:\d+:\n/);
  });

  it("for a call after the function has returned", async () => {
    let later: () => void = () => undefined;
    await recordProgram(
      inOwn((platform) => {
        later = () => void platform.database({ name: "wiki", consumer });
      }),
    );
    assert.throws(later, /platform\.database\("wiki"\): is called after the program's function has returned/);
  });
});

describe("settings that name what only a program creates", () => {
  const program = inOwn((platform) => {
    platform.database({ name: "wiki", consumer });
    platform.secret("token");
    new Credential(new Page(platform.environment), "key", { name: "own-key", recipe: { rotate: "nothing" } });
    new Credential(new Page(platform.environment, "other"), "key", {
      name: "own-data-key",
      recipe: { refuse: "data is lost" },
    });
    for (const claim of ["pages", "cache"])
      platform.files({ namespace: "rdm", claim, account: { user: 1, group: 1 }, consumer: { app: "wiki" } });
  });

  it("are accepted: rotation numbers, databases and claims without a backup, secrets", async () => {
    const { result } = await recordProgram(
      program,
      ...external,
      "buckets={kind: embedded}",
      "backup.except=[wiki]",
      "backup.files.except=[{claim: rdm/cache, reason: it fills again}]",
      "rotation={wiki-database: 2, own-key: 4, backup-repository-rdm: 5, all: 3}",
    );
    const numbers = Object.fromEntries(result.ledger.credentials.map(({ name, rotation }) => [name, rotation]));
    assert.deepEqual(
      ["wiki-database", "own-key", "own-data-key", "rdm-database", "backup-repository-rdm"].map(
        (name) => numbers[name],
      ),
      [2, 4, 1, 3, 5],
    );
    const claims = result.ledger.backups.flatMap(({ claim }) => claim?.claim ?? []);
    assert.ok(claims.includes("pages") && !claims.includes("cache"), claims.join(", "));
    assert.ok(result.ledger.backups.length > 0);
    assert.ok(!result.ledger.backups.some(({ data }) => data === "Database wiki"));
  });

  it("are refused if the program does not create them, all at once", async () => {
    const set = [...external, "secrets:unused={secure: v1}", "rotation={wiki-datbase: 2}", "backup.except=[wikis]"];
    set.push("backup.files.except=[{claim: rdm/page, reason: x}]");
    let message = "";
    await assert.rejects(recordProgram(program, ...set), (error: Error) => {
      ({ message } = error);
      return true;
    });
    assert.match(message, /^4 problems in the program of prod/);
    for (const text of [
      "groundplan:rotation.wiki-datbase",
      "groundplan:backup.except[0]",
      "groundplan:backup.files.except[0].claim",
      "secrets:unused: no setting uses this secret",
    ])
      assert.ok(message.includes(text), message);
    assert.ok(!message.includes("secrets:token"), message);
  });

  it("are refused for a secret that no number can rotate", async () => {
    const message = await refusal(program, ...external, "rotation={own-data-key: 2}");
    assert.match(message, /groundplan:rotation\.own-data-key: this secret cannot be rotated by a number: data is lost/);
  });

  it("are refused without a program", async () => {
    await assert.rejects(
      recordProgram(undefined as unknown as Extension, "rotation={own-key: 2}"),
      /no generated secret has this name/,
    );
  });
});
