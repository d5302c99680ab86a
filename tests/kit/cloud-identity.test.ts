// What clouds see of cert-manager, and what solvers get beside the issuer. No cloud is asked.
import assert from "node:assert/strict";
import type { CloudIdentity } from "../../components/kit/cloud-identity.ts";
import { at, record } from "../../components/kit/unknown.ts";
import { plannedObjects, plannedReleases } from "../../plan/objects.ts";
import { Secret } from "../../plan/recorder.ts";
import { recordStack, stackNamed } from "../stacks.ts";

const uuid = "11111111-2222-3333-4444-555555555555";
const role = "arn:aws:iam::123456789012:role/dns";

describe("cert-manager's identity in the cloud", () => {
  const annotation = (name: string, value: string) => ({ serviceAccount: { annotations: { [name]: value } } });
  const identities: readonly [CloudIdentity, object, string, readonly string[]][] = [
    [
      { kind: "irsa", roleArn: role },
      annotation("eks.amazonaws.com/role-arn", role),
      "{kind: route53, region: eu-west-1}",
      [],
    ],
    [{ kind: "pod-identity" }, {}, "{kind: route53, region: eu-west-1}", ["169.254.170.23/32 80"]],
    [{ kind: "node" }, {}, "{kind: clouddns, project: my-project}", ["169.254.169.254/32 80"]],
    [
      { kind: "azure-workload-identity", clientId: uuid },
      {
        ...annotation("azure.workload.identity/client-id", uuid),
        podLabels: { "azure.workload.identity/use": "true" },
      },
      `{kind: azuredns, subscriptionId: ${uuid}, resourceGroup: dns}`,
      [],
    ],
    [
      { kind: "gke-workload-identity", serviceAccount: "dns-records@my-project.iam.gserviceaccount.com" },
      annotation("iam.gke.io/gcp-service-account", "dns-records@my-project.iam.gserviceaccount.com"),
      "{kind: clouddns, project: my-project}",
      ["169.254.169.252/32 988", "169.254.169.254/32 80"],
    ],
  ];
  for (const [identity, values, solver, servers] of identities)
    it(`${identity.kind}: its pods are known to the cloud, and reach what gives credentials`, async () => {
      const { resources, result } = await recordStack({
        ...stackNamed("prod"),
        set: [
          `certificates.issuers=[{name: dns, kind: acme, email: ops@example.org, solvers: [${solver}]}]`,
          `certificates.identity=${JSON.stringify(identity)}`,
        ],
      });
      const release = plannedReleases(resources).find(({ chart }) => chart === "cert-manager");
      const { serviceAccount, podLabels } = record(release?.values);
      assert.deepEqual(JSON.parse(JSON.stringify({ serviceAccount, podLabels })), values);
      assert.match(String(at(release?.values, "podAnnotations", "groundplan/identity")), /^[0-9a-f]{8}$/);
      const reached = result.ledger.edges.flatMap(({ ports, to }) =>
        to.kind === "outside" && to.cidrs?.[0]?.startsWith("169.254.") === true
          ? [`${to.cidrs[0]} ${ports.join()}`]
          : [],
      );
      assert.deepEqual(reached, servers);
    });

  it("a ServiceAccount of a solver gets tokens from cert-manager, and nothing else", async () => {
    const { resources } = await recordStack({
      ...stackNamed("prod"),
      set: [
        `certificates.issuers=[{name: dns, kind: acme, email: ops@example.org, solvers: [{kind: route53, region: eu-west-1, role: "${role}", serviceAccount: dns}]}]`,
      ],
    });
    const objects = plannedObjects(resources).filter(({ namespace }) => namespace === "cert-manager");
    const of = (kind: string) => objects.find((one) => one.kind === kind);
    assert.equal(of("ServiceAccount")?.name, "dns");
    assert.deepEqual(of("Role")?.manifest["rules"], [
      { apiGroups: [""], resources: ["serviceaccounts/token"], resourceNames: ["dns"], verbs: ["create"] },
    ]);
    assert.deepEqual(of("RoleBinding")?.manifest["roleRef"], {
      apiGroup: "rbac.authorization.k8s.io",
      kind: "Role",
      name: of("Role")?.name,
    });
    assert.deepEqual(of("RoleBinding")?.manifest["subjects"], [
      { kind: "ServiceAccount", name: "cert-manager", namespace: "cert-manager" },
    ]);
  });

  it("secrets of solvers are in the issuer's Secret, marked", async () => {
    const { resources } = await recordStack({
      ...stackNamed("prod"),
      set: [
        "certificates.issuers=[{name: dns, kind: acme, email: ops@example.org, solvers: [{kind: webhook, groupName: acme.example.org, solverName: own, secrets: {api-token: hook}, config: {ref: {name: dns-issuer, key: api-token}}}, {kind: digitalocean, tokenSecret: do}]}]",
        "secrets:hook={secure: v1}",
        "secrets:do={secure: v1}",
      ],
    });
    const [secret] = resources.filter(({ name }) => name === "certificates-issuer-dns-secret");
    const data = secret?.inputs["stringData"];
    assert.ok(data instanceof Secret);
    assert.deepEqual(Object.keys(record(data.value)), ["api-token", "solver-1"]);
  });
});
