// Clusters as they really are: the settings of ../shared/cases, each with what must hold for it.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { plannedObjects, plannedReleases } from "../../plan/objects.ts";
import type { PlannedObject } from "../../plan/objects.ts";
import { allows } from "../network/evaluator.ts";
import { networkOf } from "../network/network.ts";
import { asksForProxyProtocol } from "../../stacks/settings/rules/clients.ts";
import { readStackFile } from "../../plan/stack-file.ts";
import { loadSettings, SettingsError } from "../../stacks/settings/load.ts";
import { recordStack, root } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";

const folder = join(root, "..", "shared", "cases");

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
  const { resources } = await recordStack(stack);
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

describe("clusters as they are", function () {
  before(function () {
    if (!existsSync(folder)) this.skip();
  });

  it("04: with Cilium, what needs the API server reaches it by identity", async () => {
    const { text } = await made(caseOf("04-cilium-api-server.yaml", "cluster.networkPlugin=cilium"));
    assert.match(text, /"toEntities":\["kube-apiserver"\]/);
    assert.match(text, /"fromEntities":\["kube-apiserver","host","remote-node"\]/);
  });

  it("05: the API server's ports are those of the settings, and no others", async () => {
    const stack = caseOf("05-api-server-port.yaml");
    assert.ok(await reaches(stack, "192.0.2.1", 16443, "TCP", "cert-manager"));
    assert.ok(!(await reaches(stack, "192.0.2.1", 6443, "TCP", "cert-manager")));
    for (const port of [8443, 6444]) {
      const other = caseOf("05-api-server-port.yaml", `cluster.apiServerPorts=[${port}]`);
      assert.ok(await reaches(other, "192.0.2.1", port, "TCP", "cert-manager"), String(port));
    }
  });

  it("17: names are resolved where the settings say, and hosts have the cluster's domain", async () => {
    const stack = caseOf("17-dns-elsewhere.yaml");
    assert.ok(await reaches(stack, "169.254.25.10", 53, "UDP"));
    assert.ok(!(await reaches(stack, "169.254.20.10", 53, "UDP")));
    const service = caseOf("17-dns-elsewhere.yaml", 'cluster.dnsCidrs=["169.254.20.10/32", "10.96.0.10/32"]');
    for (const ip of ["169.254.20.10", "10.96.0.10"]) assert.ok(await reaches(service, ip, 53, "TCP"), ip);
    const openshift = caseOf("17-dns-elsewhere.yaml", "cluster.dnsNamespace=openshift-dns", "cluster.dnsPorts=[5353]");
    const { cluster, sides } = await networkOf(openshift);
    const labels = { "dns.operator.openshift.io/daemonset-dns": "default" };
    const to = { namespace: "openshift-dns", name: "dns-default", labels, ip: "10.128.0.9" };
    const namespaces = { ...cluster.namespaces, "openshift-dns": { "kubernetes.io/metadata.name": "openshift-dns" } };
    for (const from of sides.users) {
      const asks = (port: number) => allows({ ...cluster, namespaces }, { from, to, port, protocol: "UDP" });
      assert.deepEqual([asks(5353), asks(53)], [true, false], from.namespace);
    }
  });

  it("17: no host name of a stack contains another domain than the cluster's", async () => {
    const everything = ["midpoint", "worldcereal", "thanos", "cloudnative-pg", "snapshots", "grafana-logs", "own-ca"];
    const { stackNamed } = await import("../stacks.ts");
    for (const name of everything) {
      const stack = stackNamed(name);
      const set = [...(stack.set ?? []), "cluster.domain=k8s.example.org"];
      const { text } = await made({ ...stack, name: `${name}-domain`, set });
      assert.doesNotMatch(text, /cluster\.local/, name);
      assert.match(text, /\.svc\.k8s\.example\.org/, name);
    }
  });

  it("18: in a cluster with IPv6 everything listens there, and any address is one of both families", async () => {
    const { text } = await made(caseOf("18-ipv6-only.yaml"));
    assert.doesNotMatch(text, /(?<!::,)0\.0\.0\.0(?!\/0)/);
    assert.match(text, /HTTP_Listen \$\{POD_IP\}/);
    assert.match(text, /\\"bindAddress\\": \\":4180\\"/);
    const open = caseOf("04-cilium-api-server.yaml");
    for (const ip of ["2001:db8:1::1", "192.0.2.1"])
      assert.ok(await reaches(open, ip, 6443, "TCP", "cert-manager"), ip);
  });

  it("08: annotations for PROXY protocol need a gateway that understands it", async () => {
    const file = "08-proxy-protocol.yaml";
    assert.deepEqual(problemsOf(caseOf(file)), [
      'groundplan:gateway.service.annotations["load-balancer.hetzner.cloud/uses-proxyprotocol"]',
    ]);
    const speaking = ["gateway.service.proxyProtocol=true"];
    assert.deepEqual(problemsOf(caseOf(file, ...speaking)), ["groundplan:gateway.trustedProxies"]);
    const both = [...speaking, 'gateway.trustedProxies=["10.0.0.0/16"]'];
    const kong = await made(caseOf(file, ...both));
    assert.match(kong.text, /"parameters":\["http2","proxy_protocol"\]/);
    assert.match(kong.text, /"parameters":\["proxy_protocol"\]/);
    assert.match(kong.text, /"real_ip_header":"proxy_protocol"/);
    const traefik = await made(caseOf(file, ...both, "gateway.kind=traefik"));
    assert.equal(traefik.text.match(/"proxyProtocol":\{"trustedIPs":\["10\.0\.0\.0\/16"\]\}/g)?.length, 2);
    // Without the annotation, the other end does not speak it.
    assert.deepEqual(problemsOf(caseOf(file, ...both, "gateway.service.annotations={}")), [
      "groundplan:gateway.service.proxyProtocol",
    ]);
    const silent = caseOf(
      file,
      'gateway.service.annotations={"load-balancer.hetzner.cloud/uses-proxyprotocol": "false"}',
    );
    assert.deepEqual(problemsOf(silent), []);
  });

  it("08: the annotations of the known clouds are recognised, on and off", () => {
    const on = [
      ["service.beta.kubernetes.io/aws-load-balancer-proxy-protocol", "*"],
      ["service.beta.kubernetes.io/aws-load-balancer-target-group-attributes", "proxy_protocol_v2.enabled=true"],
      ["service.beta.kubernetes.io/do-loadbalancer-enable-proxy-protocol", "true"],
      ["service.beta.kubernetes.io/scw-loadbalancer-proxy-protocol-v2", "443,80"],
      ["loadbalancer.openstack.org/proxy-protocol", "v2"],
      ["service.beta.kubernetes.io/linode-loadbalancer-default-proxy-protocol", "v2"],
      ["service.beta.kubernetes.io/linode-loadbalancer-port-443", '{"proxy-protocol": "v1"}'],
      ["service.beta.kubernetes.io/vultr-loadbalancer-proxy-protocol", "true"],
      ["service.beta.kubernetes.io/ovh-loadbalancer-proxy-protocol", "v1"],
      ["oci-network-load-balancer.oraclecloud.com/is-ppv2-enabled", "true"],
      ["service.beta.kubernetes.io/oci-load-balancer-connection-proxy-protocol-version", "2"],
      ["service.kubernetes.io/ibm-load-balancer-cloud-provider-enable-features", "proxy-protocol"],
      ["service.beta.kubernetes.io/alibaba-cloud-loadbalancer-proxy-protocol", "on"],
      ["service.beta.kubernetes.io/azure-pls-proxy-protocol", "true"],
    ];
    const none = [
      ["load-balancer.hetzner.cloud/uses-proxyprotocol", "false"],
      ["load-balancer.hetzner.cloud/location", "nbg1"],
      ["service.beta.kubernetes.io/linode-loadbalancer-default-proxy-protocol", "none"],
      ["service.beta.kubernetes.io/linode-loadbalancer-port-443", '{"proxy-protocol": "none"}'],
      ["service.beta.kubernetes.io/aws-load-balancer-target-group-attributes", "proxy_protocol_v2.enabled=false"],
      ["service.beta.kubernetes.io/aws-load-balancer-type", "nlb"],
      ["service.beta.kubernetes.io/alibaba-cloud-loadbalancer-proxy-protocol", "off"],
    ];
    for (const [key = "", value = ""] of on) assert.ok(asksForProxyProtocol(key, value), key);
    for (const [key = "", value = ""] of none) assert.ok(!asksForProxyProtocol(key, value), `${key}: ${value}`);
  });

  it("09: address ranges of clients need a gateway that sees the client's address", () => {
    const file = "09-allow-from-nodeport.yaml";
    const refused = ["groundplan:gateway.hosts[0].allowFrom"];
    assert.deepEqual(problemsOf(caseOf(file)), refused);
    assert.deepEqual(problemsOf(caseOf(file, "gateway.kind=traefik")), refused);
    assert.deepEqual(problemsOf(caseOf(file, 'gateway.trustedProxies=["10.0.0.0/16"]')), []);
    assert.deepEqual(problemsOf(caseOf(file, "gateway.service.type=LoadBalancer")), []);
    // In dev, the default is NodePort.
    assert.deepEqual(problemsOf(caseOf(file, "profile=dev", "gateway.service={}")), refused);
  });

  it("19: a limit of bodies with Traefik is said to hold back responses, and the platform's own hosts stream", async () => {
    const file = "19-traefik-body-size.yaml";
    assert.deepEqual(problemsOf(caseOf(file)), ["groundplan:gateway.hosts[0].maxBodySize"]);
    assert.deepEqual(problemsOf(caseOf(file, "gateway.kind=kong")), []);
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
    assert.deepEqual(problemsOf(caseOf(file)), ["groundplan:logging.graylog.inputs[0].port"]);
    for (const [port, refused] of [
      [1023, 1],
      [1024, 0],
      [1514, 0],
    ] as const) {
      const inputs = `[{title: Devices, kind: syslog-udp, port: ${port}, source: net}, {title: GELF, kind: gelf-tcp, port: 12201}]`;
      assert.equal(problemsOf(caseOf(file, `logging.graylog.inputs=${inputs}`)).length, refused, String(port));
    }
  });

  it("prod changes to another gateway by one setting, challenges included", async () => {
    const file = join(root, "Pulumi.prod.yaml");
    for (const kind of ["kong", "traefik", "nginx"]) {
      const stack = { name: `prod-${kind}`, file, set: [`gateway.kind=${kind}`] };
      assert.deepEqual(problemsOf(stack), [], kind);
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

/** The keys of everything that is wrong or warned of in the settings of a stack. */
function problemsOf({ name, file, set }: TestStack): string[] {
  try {
    const { values, secretKeys } = readStackFile(file, set);
    return loadSettings({ values, secretKeys: new Set(secretKeys) }, name).warnings.map(({ key }) => key);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return error.problems.map(({ key }) => key);
  }
}
