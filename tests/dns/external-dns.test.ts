// What external-dns is told, for each provider and each kind of gateway. tests/dns/records.dns.ts asks the program itself.
import assert from "node:assert/strict";
import { isInZone } from "../../components/kit/dns-records.ts";
import { at, texts } from "../../components/kit/unknown.ts";
import { plannedObjects, plannedReleases } from "../../plan/objects.ts";
import { namedHosts } from "../../plan/records.ts";
import { recordStack, stackNamed } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";

const hostname = "external-dns.alpha.kubernetes.io/hostname";
const target = "external-dns.alpha.kubernetes.io/target";

async function made(stack: TestStack) {
  const { resources, result } = await recordStack(stack);
  const objects = plannedObjects(resources);
  const release = (chart: string) => plannedReleases(resources).find((one) => one.chart === chart)?.values;
  const object = (kind: string, name: string) => objects.find((one) => one.kind === kind && one.name === name);
  return { ...result, objects, object, release, hosts: namedHosts(result).map(({ host }) => host) };
}

/** A stack of the tests with other settings. */
const changed = (name: string, ...set: string[]): TestStack => {
  const stack = stackNamed(name);
  return { ...stack, set: [...(stack.set ?? []), ...set] };
};

const updates = "{kind: rfc2136, nameserver: '192.0.2.53:5353'}";

describe("the hosts that external-dns finds", () => {
  it("X29: are those of the ledger, by the Service of a gateway that the stack installs", async () => {
    for (const name of ["traefik", "worldcereal-aws"]) {
      const { hosts, release, settings } = await made(stackNamed(name));
      assert.ok(hosts.length >= 5, name);
      const gateway = release(settings.gateway.kind);
      const annotations = at(gateway, settings.gateway.kind === "kong" ? "proxy" : "service", "annotations");
      assert.equal(at(annotations, hostname), hosts.join(","), name);
      const values = release("external-dns");
      assert.deepEqual(at(values, "sources"), ["service"], name);
      assert.equal(at(values, "sourceNamespace"), settings.gateway.namespace, name);
      assert.equal(at(values, "extraArgs", "service-type-filter"), "LoadBalancer", name);
    }
  });

  it("include those of a program of the user's own, which runs after the gateway is configured", async () => {
    const { hosts, release } = await made(changed("extension", `dns.provider=${updates}`));
    assert.ok(hosts.includes("wiki.example.org"), hosts.join());
    assert.equal(at(release("kong"), "proxy", "annotations", hostname), hosts.join(","));
  });

  it("do not include a host that only has a certificate", async () => {
    const own = "certificates.hosts=[{host: mail, namespace: rdm}]";
    const { ledger, release } = await made(changed("kong-daemon-set", `dns.provider=${updates}`, own));
    assert.ok(ledger.hosts.some(({ host }) => host === "mail.example.org"));
    const named = String(at(release("kong"), "proxy", "annotations", hostname)).split(",");
    assert.ok(named.length > 3 && !named.includes("mail.example.org"));
  });

  it("are at a Service of its own where the settings name the targets, and the gateway's says nothing", async () => {
    const { hosts, object, release } = await made(stackNamed("kong-autoscaling"));
    const service = object("Service", "hosts")?.manifest;
    assert.equal(at(service, "metadata", "annotations", hostname), hosts.join(","));
    assert.equal(at(service, "metadata", "annotations", target), "192.0.2.10,2001:db8::10");
    assert.equal(at(service, "spec", "type"), "ExternalName");
    assert.deepEqual(at(release("kong"), "proxy", "annotations"), { a: "b" });
    assert.equal(at(release("external-dns"), "sourceNamespace"), "external-dns");
  });

  it("are those of Ingress objects with the stack's label, for a gateway that exists: not those of ACME challenges", async () => {
    const { hosts, objects, release } = await made(stackNamed("nginx"));
    const values = release("external-dns");
    assert.deepEqual(at(values, "sources"), ["ingress"]);
    const [key = "", value] = String(at(values, "labelFilter")).split("=");
    const selected = objects.filter(
      ({ kind, manifest }) => kind === "Ingress" && at(manifest, "metadata", "labels", key) === value,
    );
    const named = selected.flatMap(({ manifest }) =>
      (at(manifest, "spec", "rules") as { host: string }[]).map(({ host }) => host),
    );
    assert.deepEqual([...new Set(named)].sort(), hosts);
  });
});

describe("external-dns", () => {
  const reads = async (name: string, kind: string) =>
    at((await made(stackNamed(name))).object(kind, "external-dns"), "manifest", "rules");

  it("reads the kind of object that names the hosts, in one namespace where it can", async () => {
    const verbs = ["get", "list", "watch"];
    const services = [{ apiGroups: [""], resources: ["services"], verbs }];
    assert.deepEqual(await reads("traefik", "Role"), services);
    assert.deepEqual(await reads("kong-autoscaling", "Role"), services);
    assert.deepEqual(await reads("nginx", "ClusterRole"), [
      { apiGroups: ["networking.k8s.io"], resources: ["ingresses"], verbs },
    ]);
    for (const name of ["traefik", "nginx", "kong-autoscaling"])
      assert.equal(at((await made(stackNamed(name))).release("external-dns"), "rbac", "create"), false);
  });

  it("owns records by the stack, in its zones alone, and deletes none in prod unless the settings say so", async () => {
    const values = (await made(stackNamed("traefik"))).release("external-dns");
    assert.equal(at(values, "txtOwnerId"), "groundplan-traefik");
    assert.deepEqual(at(values, "domainFilters"), ["example.org"]);
    assert.equal(at(values, "policy"), "upsert-only");
    const other = changed("traefik", "dns.policy=sync", "dns.zones=[example.org, example.com]");
    const changedValues = (await made(other)).release("external-dns");
    assert.equal(at(changedValues, "policy"), "sync");
    assert.deepEqual(at(changedValues, "domainFilters"), ["example.org", "example.com"]);
  });

  it("has its credential from a Secret, and no argument holds one", async () => {
    for (const [name, variable] of [
      ["traefik", "CF_API_TOKEN"],
      ["nginx", "EXTERNAL_DNS_RFC2136_TSIG_SECRET"],
      ["kong-autoscaling", "AWS_SECRET_ACCESS_KEY"],
    ] as const) {
      const { object, release } = await made(stackNamed(name));
      const env = at(release("external-dns"), "env") as { name: string; valueFrom?: unknown }[];
      const secret = { secretKeyRef: { name: "dns-provider", key: "credential" } };
      assert.deepEqual(env.find((one) => one.name === variable)?.valueFrom, secret, name);
      assert.ok(object("Secret", "dns-provider"), name);
    }
  });

  it("reaches its provider, the API server and nothing else", async () => {
    const edges = async (name: string) =>
      (await made(stackNamed(name))).ledger.edges.flatMap(({ from, ports, protocol = "TCP", to }) =>
        from.kind === "pods" && from.namespace === "external-dns"
          ? [`${to.kind} ${texts(at(to, "cidrs")).join()} ${ports.join()} ${protocol}`]
          : [],
      );
    assert.deepEqual(await edges("traefik"), ["apiServer  443,6443 TCP", "outside  443 TCP"]);
    assert.deepEqual(await edges("nginx"), [
      "apiServer  443,6443 TCP",
      "outside 192.0.2.53/32 5353 TCP",
      "outside 192.0.2.53/32 5353 UDP",
    ]);
    // The agent of Pod Identity, on its node.
    assert.ok((await edges("worldcereal-aws")).includes("outside 169.254.170.23/32,fd00:ec2::23/128 80 TCP"));
  });

  it("changes the zone that the stack creates in AWS, with a role for that zone", async () => {
    const { resources } = await recordStack(stackNamed("worldcereal-aws"));
    const zone = resources.find(({ type }) => type === "aws:route53/zone:Zone");
    assert.ok(zone);
    const values = plannedReleases(resources).find(({ chart }) => chart === "external-dns")?.values;
    const id = at(values, "extraArgs", "zone-id-filter");
    const policy = resources.find(
      ({ name, type }) => type.endsWith(":RolePolicy") && name === "aws-cluster-external-dns",
    );
    assert.ok(typeof id === "string" && String(policy?.inputs["policy"]).includes(`hostedzone/${id}"`));
  });
});

describe("a host", () => {
  it("is in a zone by its last labels, as a name below it and as the zone's own name", () => {
    for (const [host, expected] of [
      ["a.example.org", true],
      ["b.a.example.org", true],
      ["example.org", true],
      ["an-example.org", false],
      ["org", false],
    ] as const)
      assert.equal(isInZone(host, "example.org"), expected, host);
  });
});
