import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { ExposureRequest, Gateway, IdentityProvider, OidcClientRequest } from "../../components/kit/bindings.ts";
import { Logging } from "../../components/logging/logging.ts";
import { sums } from "../../plan/sums.ts";
import { loggingArgs } from "../../stacks/platform/logging.ts";
import { loadSettings } from "../../stacks/settings/load.ts";
import { made } from "../kit/environment.ts";
import { named, recordStack, stackNamed } from "../stacks.ts";
import { alone, before, valuesOf } from "./alone.ts";

const dev = stackNamed("dev");
const prod = stackNamed("prod");

describe("logging", () => {
  it("W17: Graylog in prod is three nodes with a leader by ordinal, a journal on a claim, and existing secrets", async () => {
    const { resources } = await recordStack(prod);
    const { graylog } = valuesOf(resources, "graylog") as unknown as { graylog: Record<string, unknown> };
    assert.deepEqual(
      ["replicas", "heapSize", "rootUsername", "existingRootSecret"].map((key) => graylog[key]),
      [3, "2048m", "admin", "graylog-root"],
    );
    assert.deepEqual(graylog["journal"], { maxSize: "10240mb" });
    assert.deepEqual(graylog["options"], {
      inputbufferProcessors: 2,
      processbufferProcessors: 5,
      outputbufferProcessors: 3,
    });
    assert.equal((graylog["persistence"] as Record<string, unknown>)["size"], "20Gi");
    assert.deepEqual(graylog["envRaw"], [
      { name: "GRAYLOG_MONGODB_URI", valueFrom: { secretKeyRef: { name: "mongodb-access", key: "uri" } } },
      { name: "GRAYLOG_ELASTICSEARCH_HOSTS", valueFrom: { secretKeyRef: { name: "search-access", key: "uri" } } },
    ]);
  });

  it("W18: MongoDB's connection string names every member, and stands in a Secret of Graylog's namespace", async () => {
    const { objects } = await alone({});
    const access = objects.find(({ kind, name }) => kind === "Secret" && name === "mongodb-access");
    const { uri } = access?.manifest["stringData"] as { uri: string };
    const hosts = [0, 1, 2].map(
      (index) => `graylog-mongodb-${index}.graylog-mongodb-svc.logging.svc.cluster.local:27017`,
    );
    const [, password] = /^mongodb:\/\/graylog:([^@]+)@/.exec(uri) ?? [];
    assert.equal(
      uri,
      `mongodb://graylog:${password}@${hosts.join(",")}/graylog?replicaSet=graylog-mongodb&authSource=graylog`,
    );
    const user = objects.find(({ name }) => name === "graylog-mongodb-user");
    assert.deepEqual(user?.manifest["stringData"], { password });
  });

  it("starts in order: stores, users of OpenSearch, Graylog, its content, the collector", async () => {
    const { resources } = await alone({});
    for (const [later, sooner] of [
      ["logging-mongodb", "logging-mongodb-operator"],
      ["logging-search-security-job", "logging-search"],
      ["logging-graylog", "logging-search-security-job"],
      ["logging-graylog", "logging-mongodb"],
      ["logging-configuration-job", "logging-graylog"],
      ["logging-collector", "logging-configuration-job"],
    ] as const)
      assert.ok(before(resources, later).includes(sooner), `${later} after ${sooner}`);
  });

  it("W29: keeps what holds data when it is taken out in prod", async () => {
    const { resources } = await recordStack(prod);
    for (const name of ["logging-mongodb", "logging-search", "logging-graylog"])
      assert.equal(named(resources, name).protect, true, name);
  });

  it("W20: carries its content to the Job, and runs it again when that changes alone", async () => {
    const { objects } = await alone({});
    const content = objects.find(({ kind, name }) => kind === "ConfigMap" && name === "graylog-configuration");
    const desired = JSON.parse((content?.manifest["data"] as Record<string, string>)["configuration.json"] ?? "") as {
      inputs: { title: string; configuration: { port: number; recv_buffer_size: number }; staticFields: object }[];
      indexSets: { prefix: string; maxSize: number; keep: number; default: boolean }[];
      streams: { title: string; matching: string; removeFromDefault: boolean }[];
      userHeader: string | null;
    };
    assert.deepEqual(
      desired.inputs.map(({ title, configuration, staticFields }) => [title, configuration.port, staticFields]),
      [
        ["System Logs (Nodes)", 30514, { input_src: "system-hosts" }],
        ["System Logs (Pods)", 31514, { input_src: "system-k8s" }],
        ["Processing Logs", 32514, { input_src: "ewoc" }],
        ["System Logs (GELF)", 12201, {}],
      ],
    );
    assert.equal(desired.inputs[0]?.configuration.recv_buffer_size, 2_621_440);
    assert.deepEqual(
      desired.indexSets.map(({ prefix, maxSize, keep, default: first }) => [prefix, maxSize / 2 ** 30, keep, first]),
      [
        ["system", 1, 10, true],
        ["ewoc", 10, 10, false],
      ],
    );
    assert.deepEqual(
      desired.streams.map(({ title, matching, removeFromDefault }) => [title, matching, removeFromDefault]),
      [
        ["System Logs", "OR", true],
        ["Processing Logs", "AND", true],
      ],
    );
    assert.equal(desired.userHeader, null);
    const job = (from: typeof objects) =>
      from.find(({ kind, name }) => kind === "Job" && name.startsWith("graylog-"))?.name;
    const other = await alone({ graylog: { defaultIndexSet: "ewoc" } });
    assert.notEqual(job(objects), job(other.objects));
    assert.equal(job(objects), job((await alone({ mongodb: { storage: "9Gi" } })).objects));
  });

  it("opens inputs to senders outside the cluster at ports of its nodes, and leaves the others closed", async () => {
    const inputs = [
      { title: "Racks", kind: "syslog-udp", port: 5140, nodePort: 30514, allowFrom: ["10.9.0.0/16"] },
      { title: "Pods", kind: "gelf-tcp", port: 12201 },
      { title: "Sites", kind: "gelf-tcp", port: 12202, nodePort: 32202 },
    ];
    const { objects, ledger } = await alone({ graylog: { inputs } });
    const service = objects.find(({ kind, name }) => kind === "Service" && name === "graylog-outside");
    const { type, externalTrafficPolicy, ports } = service?.manifest["spec"] as Record<string, unknown>;
    assert.deepEqual([type, externalTrafficPolicy], ["NodePort", "Local"]);
    assert.deepEqual(ports, [
      { name: "in-5140", port: 5140, targetPort: 5140, nodePort: 30514, protocol: "UDP" },
      { name: "in-12202", port: 12202, targetPort: 12202, nodePort: 32202, protocol: "TCP" },
    ]);
    assert.deepEqual(
      ledger.edges
        .filter(({ from }) => from.kind === "outside")
        .map(({ from, ports: to, protocol }) => [from, to, protocol]),
      [
        [{ kind: "outside", cidrs: ["10.9.0.0/16"] }, [5140], "UDP"],
        [{ kind: "outside", cidrs: undefined }, [12202], "TCP"],
      ],
    );
    assert.equal(
      (await alone({})).objects.some(({ name }) => name === "graylog-outside"),
      false,
    );
  });

  it("says where Pod Security is less than restricted, and why", async () => {
    const levels = async (settings: object) =>
      (await alone(settings)).ledger.exemptions.map(({ namespace, level }) => [namespace, level]);
    assert.deepEqual(await levels({}), [
      ["log-collector", "privileged"],
      ["logging", "baseline"],
    ]);
    assert.deepEqual(await levels({ search: { mapCount: "init" }, collector: { enabled: false } }), [
      ["logging", "privileged"],
    ]);
  });

  it("lets people in at the gateway under their own name, where there is one", async () => {
    const exposed: ExposureRequest[] = [];
    const clients: OidcClientRequest[] = [];
    const entrance = () => {
      const ready = new pulumi.ComponentResource("test:Ready", `ready-${exposed.length}`);
      const gateway: Gateway = {
        expose: (request) => {
          exposed.push(request);
          return { host: "graylog.example.org", url: "https://graylog.example.org", ready };
        },
        loginRedirectUri: (host) => `https://${host}/callback`,
        loginGroups: "userinfo",
        peer: { kind: "pods", namespace: "gateway" },
      };
      const identity: IdentityProvider = {
        client: (request) => {
          clients.push(request);
          return { clientId: request.name, role: "graylog_role", ready } as unknown as ReturnType<
            IdentityProvider["client"]
          >;
        },
      };
      return { gateway, identity };
    };
    const { resources, objects } = await made((environment) => {
      const settings = loadSettings(
        {
          values: {
            "groundplan:domain": "example.org",
            "groundplan:cluster": '{"context":"kind"}',
            "groundplan:logging":
              '{"enabled":true,"graylog":{"groups":[{"group":"ops","role":"Admin"}],"otherwise":"none"}}',
          },
          secretKeys: new Set(),
        },
        "test",
      );
      new Logging(environment, loggingArgs(settings, entrance()), {});
    });
    assert.deepEqual(clients, [
      {
        name: "graylog",
        realmRoles: ["admin"],
        consumer: { namespace: "logging" },
        redirectUris: ["https://graylog.example.org/callback"],
        groupsIn: "userinfo",
      },
    ]);
    assert.deepEqual(
      exposed.map(({ host, service, login }) => [
        host,
        service.name,
        service.targetPort,
        login?.client.clientId,
        login?.removeAuthorization,
      ]),
      [["graylog", "graylog-entrance", 8080, "graylog", true]],
    );
    const { graylog } = valuesOf(resources, "graylog") as unknown as {
      graylog: {
        trustedProxies: string;
        externalUri: string;
        sidecarContainers: { name: string; env: { name: string; value?: string }[] }[];
      };
    };
    // No address but the pod's own may say who a user is.
    assert.deepEqual([graylog.trustedProxies, graylog.externalUri], ["127.0.0.1/32", "https://graylog.example.org"]);
    const [sidecar] = graylog.sidecarContainers;
    const told = JSON.parse(sidecar?.env.find(({ name }) => name === "LOGIN")?.value ?? "") as Record<string, unknown>;
    assert.deepEqual([told["roles"], told["otherwise"]], [[{ group: "ops", role: "Admin" }], null]);
    const content = objects.find(({ kind, name }) => kind === "ConfigMap" && name === "graylog-configuration");
    assert.match(JSON.stringify(content?.manifest), /\\"userHeader\\": \\"Remote-User\\"/);
  });

  it("fits a laptop in dev, with everything else", async () => {
    const { cpu, memory } = sums((await recordStack(dev)).result.ledger.podGroups);
    assert.ok(cpu <= 4000 && memory <= 12 * 2 ** 30, `${cpu}m, ${memory} bytes`);
  });
});
