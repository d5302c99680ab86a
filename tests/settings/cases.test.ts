// Settings of real situations, in ../shared/cases: what each must give is in its first lines, and here in one row; then further
// members of the same kinds.
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { plannedObjects, plannedReleases } from "../../plan/objects.ts";
import type { PlannedObject } from "../../plan/objects.ts";
import { readStackFile } from "../../plan/stack-file.ts";
import { loadSettings, SettingsError } from "../../stacks/settings/load.ts";
import type { Problem } from "../../stacks/settings/problems.ts";
import { allows } from "../network/evaluator.ts";
import { networkOf } from "../network/network.ts";
import { recordStack, root, stackNamed } from "../stacks.ts";
import type { StackRecording, TestStack } from "../stacks.ts";

const folder = join(root, "..", "shared", "cases");

/** What a case gives: these problems and warnings (`KEY: MESSAGE`), or a recording for which an assertion holds. */
type Expected =
  readonly string[] | ((recording: StackRecording, of: (...set: string[]) => TestStack) => void | Promise<void>);

const cases: Readonly<Record<string, Expected>> = {
  // Every client's form of TLS is in tests/postgres/postgres.test.ts.
  "02-external-postgres-tls": ({ resources }) => {
    const text = JSON.stringify(plannedReleases(resources).map(({ values }) => values));
    for (const part of [/"pg_ssl":"on"/, /"ssl_mode":"verify-full"/, /sslmode=verify-full/]) assert.match(text, part);
    assert.match(JSON.stringify(plannedObjects(resources)), /"name":"PGSSLMODE","value":"verify-full"/);
  },
  "04-cilium-api-server": async (_, of) => {
    const { text } = await made(of("cluster.networkPlugin=cilium"));
    assert.match(text, /"toEntities":\["kube-apiserver"\]/);
    assert.match(text, /"fromEntities":\["kube-apiserver","host","remote-node"\]/);
  },
  "05-api-server-port": async (_, of) => {
    const stack = of();
    assert.ok(await reaches(stack, "192.0.2.1", 16443, "TCP", "cert-manager"));
    assert.ok(!(await reaches(stack, "192.0.2.1", 6443, "TCP", "cert-manager")));
    for (const port of [8443, 6444]) {
      const other = of(`cluster.apiServerPorts=[${port}]`);
      assert.ok(await reaches(other, "192.0.2.1", port, "TCP", "cert-manager"), String(port));
    }
  },
  "07-graylog-prefixes": [
    'groundplan:logging.graylog.indexSets[1].prefix: overlaps with "app": Graylog rejects two prefixes of which one begins with the other',
  ],
  "08-proxy-protocol": [
    'groundplan:gateway.service.annotations["load-balancer.hetzner.cloud/uses-proxyprotocol"]: makes the load balancer speak PROXY protocol, which the gateway does not understand without proxyProtocol',
  ],
  "09-allow-from-nodeport": [
    "groundplan:gateway.hosts[0].allowFrom: the gateway does not see the client's address: with service.type: NodePort, it sees that of a node",
  ],
  "20-graylog-privileged-port": [
    "groundplan:logging.graylog.inputs[0].port: Graylog's account is not permitted to listen on a port below 1024",
  ],
  // Every program's form of trust is in tests/certificates/trust.test.ts.
  "12-company-ca-trust": ({ resources }) => {
    const trusting = plannedReleases(resources)
      .filter(({ values }) => /SSL_CERT_DIR|KC_TRUSTSTORE_PATHS/.test(JSON.stringify(values)))
      .map(({ chart }) => chart);
    assert.deepEqual(trusting.sort(), ["cert-manager", "keycloakx", "kube-prometheus-stack", "thanos"]);
  },
  "13-login-client-of-keycloaks-own": [
    "groundplan:gateway.hosts[0].login.client: this name is reserved by Keycloak",
    "groundplan:gateway.hosts[1].login.client: this name is reserved by Keycloak",
  ],
  "14-claim-of-a-mappers-name": [
    "groundplan:keycloak.realm.claims[0].claim: every client already has a mapper or claim of this name",
  ],
  "15-database-of-the-servers-own": ["groundplan:keycloak.database: this name is reserved for the database server"],
  "16-certificate-without-san": [
    "groundplan:certificates.hosts[0].certificate: this certificate has no subject alternative name, and browsers ignore the common name",
  ],
  "17-dns-elsewhere": async (_, of) => {
    const stack = of();
    assert.ok(await reaches(stack, "169.254.25.10", 53, "UDP"));
    assert.ok(!(await reaches(stack, "169.254.20.10", 53, "UDP")));
    const service = of('cluster.dnsCidrs=["169.254.20.10/32", "10.96.0.10/32"]');
    for (const ip of ["169.254.20.10", "10.96.0.10"]) assert.ok(await reaches(service, ip, 53, "TCP"), ip);
    const openshift = of("cluster.dnsNamespace=openshift-dns", "cluster.dnsPorts=[5353]");
    const { cluster, sides } = await networkOf(openshift);
    const labels = { "dns.operator.openshift.io/daemonset-dns": "default" };
    const to = { namespace: "openshift-dns", name: "dns-default", labels, ip: "10.128.0.9" };
    const namespaces = { ...cluster.namespaces, "openshift-dns": { "kubernetes.io/metadata.name": "openshift-dns" } };
    for (const from of sides.users) {
      const asks = (port: number) => allows({ ...cluster, namespaces }, { from, to, port, protocol: "UDP" });
      assert.deepEqual([asks(5353), asks(53)], [true, false], from.namespace);
    }
  },
  "18-ipv6-only": async (recording) => {
    const { text } = textsOf(recording);
    assert.doesNotMatch(text, /(?<!::,)0\.0\.0\.0(?!\/0)/);
    assert.match(text, /HTTP_Listen \$\{POD_IP\}/);
    assert.match(text, /\\"bindAddress\\": \\":4180\\"/);
    const open = caseOf("04-cilium-api-server.yaml");
    for (const ip of ["2001:db8:1::1", "192.0.2.1"])
      assert.ok(await reaches(open, ip, 6443, "TCP", "cert-manager"), ip);
  },
  "19-traefik-body-size": [
    "groundplan:gateway.hosts[0].maxBodySize: Traefik limits bodies by buffering: it sends each response when it is complete, so events and exports do not stream",
  ],
};

describe("the cases", function () {
  const files = existsSync(folder) ? readdirSync(folder).map((file) => file.replace(/\.yaml$/, "")) : [];
  before(function () {
    if (files.length > 0) return;
    console.log(`      skipped: ${folder} is missing`);
    this.skip();
  });

  it("have a row each", () =>
    assert.deepEqual(
      files.filter((file) => cases[file] === undefined),
      [],
    ));

  for (const name of [...new Set([...files, ...Object.keys(cases)])].sort())
    it(name, async function () {
      const expected = cases[name];
      if (expected === undefined) return this.skip();
      const of = (...set: string[]) => caseOf(`${name}.yaml`, ...set);
      if (typeof expected === "function") await expected(await recordStack(of()), of);
      else
        assert.deepEqual(
          problemsOf(of()).map(({ key, message }) => `${key}: ${message}`),
          expected,
        );
    });
});

describe("further members of the kinds", function () {
  before(function () {
    if (!existsSync(folder)) this.skip();
  });

  it("17: no host name of a stack contains another domain than the cluster's", async () => {
    const everything = ["midpoint", "worldcereal", "thanos", "cloudnative-pg", "snapshots", "grafana-logs", "own-ca"];
    for (const name of everything) {
      const stack = stackNamed(name);
      const set = [...(stack.set ?? []), "cluster.domain=k8s.example.org"];
      const { text } = await made({ ...stack, name: `${name}-domain`, set });
      assert.doesNotMatch(text, /cluster\.local/, name);
      assert.match(text, /\.svc\.k8s\.example\.org/, name);
    }
  });

  it("08: annotations for PROXY protocol need a gateway that understands it", async () => {
    const file = "08-proxy-protocol.yaml";
    assert.deepEqual(keysOf(caseOf(file)), [
      'groundplan:gateway.service.annotations["load-balancer.hetzner.cloud/uses-proxyprotocol"]',
    ]);
    const speaking = ["gateway.service.proxyProtocol=true"];
    assert.deepEqual(keysOf(caseOf(file, ...speaking)), ["groundplan:gateway.trustedProxies"]);
    const both = [...speaking, 'gateway.trustedProxies=["10.0.0.0/16"]'];
    const kong = await made(caseOf(file, ...both));
    assert.match(kong.text, /"parameters":\["http2","proxy_protocol"\]/);
    assert.match(kong.text, /"parameters":\["proxy_protocol"\]/);
    assert.match(kong.text, /"real_ip_header":"proxy_protocol"/);
    const traefik = await made(caseOf(file, ...both, "gateway.kind=traefik"));
    assert.equal(traefik.text.match(/"proxyProtocol":\{"trustedIPs":\["10\.0\.0\.0\/16"\]\}/g)?.length, 2);
    // Without the annotation, the other end does not speak it.
    assert.deepEqual(keysOf(caseOf(file, ...both, "gateway.service.annotations={}")), [
      "groundplan:gateway.service.proxyProtocol",
    ]);
    const silent = caseOf(
      file,
      'gateway.service.annotations={"load-balancer.hetzner.cloud/uses-proxyprotocol": "false"}',
    );
    assert.deepEqual(keysOf(silent), []);
  });

  it("09: address ranges of clients need a gateway that sees the client's address", () => {
    const file = "09-allow-from-nodeport.yaml";
    const refused = ["groundplan:gateway.hosts[0].allowFrom"];
    assert.deepEqual(keysOf(caseOf(file)), refused);
    assert.deepEqual(keysOf(caseOf(file, "gateway.kind=traefik")), refused);
    assert.deepEqual(keysOf(caseOf(file, 'gateway.trustedProxies=["10.0.0.0/16"]')), []);
    assert.deepEqual(keysOf(caseOf(file, "gateway.service.type=LoadBalancer")), []);
    // In dev, the default is NodePort.
    assert.deepEqual(keysOf(caseOf(file, "profile=dev", "gateway.service={}")), refused);
  });

  it("19: a limit of bodies with Traefik is said to hold back responses, and the platform's own hosts stream", async () => {
    const file = "19-traefik-body-size.yaml";
    assert.deepEqual(keysOf(caseOf(file)), ["groundplan:gateway.hosts[0].maxBodySize"]);
    assert.deepEqual(keysOf(caseOf(file, "gateway.kind=kong")), []);
    const logs = ["keycloak={enabled: true, replicas: 1}", "logging={enabled: true}", "midpoint={enabled: true}"];
    const { objects } = await made(caseOf(file, ...logs));
    const buffering = objects.filter(({ manifest }) => JSON.stringify(manifest).includes("maxRequestBodyBytes"));
    assert.deepEqual(
      buffering.map(({ namespace }) => namespace),
      ["app"],
    );
  });

  it("20: inputs are at ports that Graylog's account may listen on", () => {
    const file = "20-graylog-privileged-port.yaml";
    assert.deepEqual(keysOf(caseOf(file)), ["groundplan:logging.graylog.inputs[0].port"]);
    for (const [port, refused] of [
      [1023, 1],
      [1024, 0],
      [1514, 0],
    ] as const) {
      const inputs = `[{title: Devices, kind: syslog-udp, port: ${port}, source: net}, {title: GELF, kind: gelf-tcp, port: 12201}]`;
      assert.equal(keysOf(caseOf(file, `logging.graylog.inputs=${inputs}`)).length, refused, String(port));
    }
  });

  it("prod changes to another gateway by one setting, challenges included", async () => {
    const file = join(root, "Pulumi.prod.yaml");
    for (const kind of ["kong", "traefik", "nginx"]) {
      const stack = { name: `prod-${kind}`, file, set: [`gateway.kind=${kind}`] };
      assert.deepEqual(keysOf(stack), [], kind);
      const { objects } = await made(stack);
      const classes = objects
        .filter((object) => object.kind === "ClusterIssuer")
        .flatMap(({ manifest }) => [...JSON.stringify(manifest).matchAll(/"ingressClassName":"([^"]*)"/g)])
        .map(([, name]) => name);
      assert.deepEqual(classes, [kind]);
    }
  });

  it("Kong has large buffers only for hosts with a login", async () => {
    const file = "08-proxy-protocol.yaml";
    const plain = ["gateway.service={}"];
    const login = [
      "keycloak={enabled: true}",
      "gateway.hosts=[{host: wiki, namespace: wiki, service: wiki, login: {}}]",
    ];
    assert.doesNotMatch((await made(caseOf(file, ...plain))).text, /proxy_buffer/);
    assert.match((await made(caseOf(file, ...plain, ...login))).text, /"nginx_proxy_proxy_buffer_size":"2m"/);
  });

  it("each thread of Graylog's buffers has a core within the limit", async () => {
    const { resources } = await recordStack({ name: "prod", file: join(root, "Pulumi.prod.yaml") });
    const graylog = plannedReleases(resources).find(({ chart }) => chart === "graylog");
    const values = JSON.stringify(graylog?.values);
    const count = (name: string) => Number(new RegExp(`"${name}bufferProcessors":(\\d+)`).exec(values)?.[1]);
    const sum = ["input", "process", "output"].reduce((total, name) => total + count(name), 0);
    assert.ok(sum > 0);
    assert.match(values, new RegExp(`"limits":\\{[^}]*"cpu":"${sum}"`));
  });
});

/** A stack with the settings of a case, and what differs. */
function caseOf(file: string, ...set: string[]): TestStack {
  return { name: file.replace(".yaml", ""), file: join(folder, file), set };
}

interface Made {
  readonly objects: readonly PlannedObject[];
  /** Objects and values of charts, as one text. */
  readonly text: string;
}

async function made(stack: TestStack): Promise<Made> {
  return textsOf(await recordStack(stack));
}

function textsOf({ resources }: StackRecording): Made {
  const objects = plannedObjects(resources);
  const values = plannedReleases(resources).map((release) => release.values);
  return { objects, text: JSON.stringify([objects.map(({ manifest }) => manifest), values]) };
}

/** Whether any of the pods with a name reaches an address. */
async function reaches(stack: TestStack, ip: string, port: number, protocol: "TCP" | "UDP" = "TCP", which = "user") {
  const { cluster, sides } = await networkOf(stack);
  const pods = [...sides.known, ...sides.users].filter(({ name }) => name.startsWith(which));
  assert.ok(pods.length > 0, which);
  return pods.some((from) => allows(cluster, { from, to: { ip }, port, protocol }));
}

/** The keys of everything that is wrong or warned of in the settings of a stack. */
function keysOf(stack: TestStack): string[] {
  return problemsOf(stack).map(({ key }) => key);
}

function problemsOf({ name, file, set }: TestStack): readonly Problem[] {
  try {
    const { values, secretKeys } = readStackFile(file, set);
    return loadSettings({ values, secretKeys: new Set(secretKeys) }, name).warnings;
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return error.problems;
  }
}
