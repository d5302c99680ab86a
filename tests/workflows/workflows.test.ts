import assert from "node:assert/strict";
import type { PlannedObject, PlannedRelease } from "../../plan/objects.ts";
import { plannedObjects, plannedReleases } from "../../plan/objects.ts";
import { at, record, records, text, textMap, texts } from "../../components/kit/unknown.ts";
import { identitiesOf } from "../../components/aws/identities.ts";
import { consumersOf } from "../../stacks/platform/aws.ts";
import { workflowObjects } from "../../components/workflows/templates.ts";
import { allows } from "../network/evaluator.ts";
import type { Endpoint, Pod } from "../network/evaluator.ts";
import { networkOf } from "../network/network.ts";
import { recordStack, stackNamed } from "../stacks.ts";

interface Made {
  readonly objects: readonly PlannedObject[];
  readonly values: PlannedRelease["values"];
  readonly settings: Awaited<ReturnType<typeof recordStack>>["result"]["settings"];
}

async function made(name: string): Promise<Made> {
  const { resources, result } = await recordStack(stackNamed(name));
  const release = plannedReleases(resources).find(({ chart }) => chart === "argo-workflows");
  assert.ok(release);
  return { objects: plannedObjects(resources), values: release.values, settings: result.settings };
}

/** The account that the server takes for a user: of the rules that hold, the one with the highest precedence. */
function accountOf(objects: readonly PlannedObject[], groups: readonly string[]): string {
  const rules = objects
    .filter(({ kind }) => kind === "ServiceAccount")
    .flatMap(({ manifest, name }) => {
      const annotations = textMap(at(manifest, "metadata", "annotations"));
      const rule = annotations["workflows.argoproj.io/rbac-rule"];
      return rule === undefined
        ? []
        : [{ name, rule, precedence: Number(annotations["workflows.argoproj.io/rbac-rule-precedence"]) }];
    });
  const holds = (rule: string) =>
    rule === "true" || rule.split(" || ").some((one) => groups.includes(/^'(.+)' in groups$/.exec(one)?.[1] ?? ""));
  const [best] = rules.filter(({ rule }) => holds(rule)).sort((a, b) => b.precedence - a.precedence);
  return best?.name ?? "";
}

/** Whether the Roles of an account in the namespace allow a request. */
function may(objects: readonly PlannedObject[], account: string, verb: string, resource: string, name = "x"): boolean {
  const bound = objects.filter(
    ({ kind, manifest }) =>
      kind === "RoleBinding" && records(manifest["subjects"]).some((subject) => subject["name"] === account),
  );
  const roles = bound.map(({ manifest, namespace }) =>
    objects.find(
      (one) => one.kind === "Role" && one.namespace === namespace && one.name === at(manifest, "roleRef", "name"),
    ),
  );
  return roles
    .flatMap((role) => records(role?.manifest["rules"]))
    .some(
      ({ resourceNames, resources, verbs }) =>
        texts(verbs).includes(verb) &&
        texts(resources).includes(resource) &&
        (resourceNames === undefined || texts(resourceNames).includes(name)),
    );
}

describe("Argo Workflows", () => {
  it("gives a user the rights of the group that gives most, and everybody else a look", async () => {
    const { objects } = await made("workflows");
    assert.deepEqual(
      [["admin", "scientists"], ["scientists"], ["others"], []].map((groups) => accountOf(objects, groups)),
      ["workflows-admin", "workflows-editor", "workflows-viewer", "workflows-viewer"],
    );
    const rights = (account: string) =>
      [
        ["get", "workflows"],
        ["get", "pods/log"],
        ["create", "workflows"],
        ["create", "workflowtemplates"],
        ["create", "pods"],
      ].map(([verb = "", resource = ""]) => may(objects, account, verb, resource));
    assert.deepEqual(rights("workflows-viewer"), [true, true, false, false, false]);
    assert.deepEqual(rights("workflows-editor"), [true, true, true, false, false]);
    assert.deepEqual(rights("workflows-admin"), [true, true, true, true, false]);
  });

  it("keeps Secrets to those who need them", async () => {
    const { objects } = await made("worldcereal");
    const reads = (account: string, name: string) => may(objects, account, "get", "secrets", name);
    // The server acts for users with the tokens of their accounts, which users do not see.
    assert.ok(reads("argo-workflows-server", "workflows-admin.service-account-token"));
    assert.ok(!reads("argo-workflows-server", "workflows-bucket"));
    for (const account of ["workflows-admin", "workflows-viewer"]) {
      assert.ok(reads(account, "workflows-bucket"));
      assert.ok(!reads(account, "workflows-admin.service-account-token"));
    }
    assert.ok(!reads("workflow", "workflows-bucket"));
    // In all of the cluster, nobody gets a right.
    assert.deepEqual(
      objects.filter(({ component, kind }) => component === "workflows" && kind.startsWith("ClusterRole")),
      [],
    );
  });

  it("logs users in at Keycloak, and tells them apart by the realm's claim and the groups that decide", async () => {
    const { values } = await made("worldcereal");
    const sso = record(at(values, "server", "sso"));
    assert.equal(sso["issuer"], "http://keycloak-http.keycloak.svc.cluster.local/realms/worldcereal");
    assert.equal(sso["issuerAlias"], "https://auth.worldcereal.example.org/realms/worldcereal");
    assert.equal(sso["redirectUrl"], "https://workflows.worldcereal.example.org/oauth2/callback");
    assert.equal(sso["customGroupClaimName"], "group");
    const filter = texts(sso["filterGroupsRegex"]).map((one) => new RegExp(one));
    const kept = ["ewoc_admin", "ewoc_platform_admin", "ewoc_administrators", "rdm_users"].filter((group) =>
      filter.some((one) => one.test(group)),
    );
    assert.deepEqual(kept, ["ewoc_admin", "ewoc_platform_admin"]);
    assert.deepEqual(at(values, "server", "authModes"), ["sso"]);
  });

  const edges: readonly (readonly [what: string, from: string, to: string, port: number, passes: boolean])[] = [
    ["the gateway to the server", "kong", "server", 2746, true],
    ["Prometheus to the controller", "prometheus", "controller", 9090, true],
    ["the server to Keycloak", "server", "keycloak", 8080, true],
    ["the server to the pooler", "server", "pgpool", 5432, true],
    ["the controller to the pooler", "controller", "pgpool", 5432, true],
    ["the server to the API server", "server", "api", 6443, true],
    ["the controller to the API server", "controller", "api", 6443, true],
    ["a workflow to the API server", "workflow", "api", 6443, true],
    ["a workflow to the object store", "workflow", "api", 443, true],
    ["the server to the object store", "server", "api", 443, true],
    ["a workflow to the pooler", "workflow", "pgpool", 5432, false],
    ["a workflow to Keycloak", "workflow", "keycloak", 8080, false],
    ["a workflow to the server", "workflow", "server", 2746, false],
    ["a workflow to another one", "workflow", "other", 8080, false],
    ["the server to a workflow", "server", "workflow", 8080, false],
    ["Prometheus to the server", "prometheus", "server", 2746, false],
  ];
  it("connects the server, the controller and workflows to what they need, and to nothing else", async () => {
    const { cluster } = await networkOf(stackNamed("worldcereal"));
    const pod = (namespace: string, labels: Record<string, string>, ip: string): Pod => ({
      ...{ namespace, name: ip, labels, ip },
    });
    const app = (name: string, instance: string, more = {}) => ({
      "app.kubernetes.io/name": name,
      "app.kubernetes.io/instance": instance,
      ...more,
    });
    const part = (name: string) => ({ "app.kubernetes.io/component": name });
    const ends: Readonly<Record<string, Endpoint>> = {
      api: { ip: "203.0.113.9" },
      kong: pod("kong", app("kong", "kong", part("app")), "10.9.0.1"),
      server: pod("argo-system", app("argo-workflows-server", "argo-workflows"), "10.9.0.2"),
      controller: pod("argo-system", app("argo-workflows-workflow-controller", "argo-workflows"), "10.9.0.3"),
      workflow: pod("argo", { "workflows.argoproj.io/workflow": "a" }, "10.9.0.4"),
      other: pod("argo", { "workflows.argoproj.io/workflow": "b" }, "10.9.0.5"),
      keycloak: pod("keycloak", app("keycloakx", "keycloak"), "10.9.0.6"),
      pgpool: pod("sysdb", app("postgresql-ha", "pgsqlha", part("pgpool")), "10.9.0.7"),
      prometheus: pod("monitoring", app("prometheus", "x"), "10.9.0.8"),
    };
    const found = edges.map(([what, from, to, port]) => {
      const [one, other] = [ends[from], ends[to]];
      assert.ok(one && other);
      return [what, allows(cluster, { from: one, to: other, port })];
    });
    assert.deepEqual(
      found,
      edges.map(([what, , , , passes]) => [what, passes]),
    );
  });

  it("stores the archive and artifacts with the platform's own credentials, or with roles", async () => {
    const plain = (await made("worldcereal")).values;
    assert.deepEqual(at(plain, "controller", "persistence", "postgresql", "passwordSecret"), {
      name: "workflows-database",
      key: "password",
    });
    assert.deepEqual(at(plain, "artifactRepository", "s3", "secretKeySecret"), {
      name: "workflows-bucket",
      key: "secret-key",
    });
    const { objects, values } = await made("workflows");
    const s3 = record(at(values, "artifactRepository", "s3"));
    assert.deepEqual(
      [values["useStaticCredentials"], s3["useSDKCreds"], s3["accessKeySecret"]],
      [false, true, undefined],
    );
    const role = { "eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/groundplan-buckets" };
    assert.deepEqual(at(values, "server", "serviceAccount", "annotations"), role);
    const account = objects.find(({ kind, name }) => kind === "ServiceAccount" && name === "workflow");
    assert.deepEqual(at(account?.manifest, "metadata", "annotations"), role);
  });

  it("verifies the database's server and the object store with the CAs of the settings", async () => {
    const { objects, values } = await made("workflows");
    assert.equal(at(values, "controller", "persistence", "postgresql", "sslMode"), "verify-full");
    for (const program of ["controller", "server"]) {
      const own = record(values[program]);
      const [variable] = records(own["extraEnv"]);
      const [mount] = records(own["volumeMounts"]);
      const [volume] = records(own["volumes"]);
      assert.deepEqual(variable, { name: "PGSSLROOTCERT", value: `${text(mount?.["mountPath"])}/ca.crt` });
      assert.deepEqual(at(volume, "secret"), { secretName: "workflows-database" });
    }
    const secret = record(at(values, "artifactRepository", "s3", "caSecret"));
    const found = objects.find(
      ({ kind, name, namespace }) => kind === "Secret" && namespace === "argo" && name === secret["name"],
    );
    assert.deepEqual(Object.keys(record(found?.manifest["stringData"])), [secret["key"]]);
  });

  it("on AWS, takes the spot nodes with their taint, and a role for each namespace", async () => {
    const { settings, values } = await made("worldcereal-aws");
    const spec = record(at(values, "controller", "workflowDefaults", "spec"));
    assert.deepEqual(spec["nodeSelector"], { "node-group": "processing" });
    assert.deepEqual(spec["tolerations"], [
      { key: "node-group", value: "processing", operator: "Equal", effect: "NoSchedule" },
    ]);
    const identities = identitiesOf(consumersOf(settings)).filter(({ name }) => name.includes("workflows"));
    assert.deepEqual(
      identities.map(({ namespace, serviceAccounts }) => [namespace, ...serviceAccounts]),
      [
        ["argo", "workflow"],
        ["argo-system", "argo-workflows-server"],
      ],
    );
  });

  it("gives the containers of workflows no token of the API server", async () => {
    const { values } = await made("worldcereal");
    const spec = record(at(values, "controller", "workflowDefaults", "spec"));
    assert.equal(spec["automountServiceAccountToken"], false);
    assert.deepEqual(spec["executor"], { serviceAccountName: "workflow" });
  });

  it("creates the templates of the folder after the release with their kind", async () => {
    const { resources } = await recordStack(stackNamed("worldcereal"));
    const template = resources.find(({ name }) => name === "workflows-template-mosaic");
    const release = resources.find(({ name }) => name === "workflows-release");
    assert.ok(template && release);
    assert.ok(template.dependencies.includes(release.urn));
    const cron = (name: string) =>
      `apiVersion: argoproj.io/v1alpha1\nkind: CronWorkflow\nmetadata: { name: ${name}, labels: { team: maps } }\nspec: { schedules: ["@daily"], workflowSpec: { workflowTemplateRef: { name: mosaic } } }\n`;
    const { objects, problems } = workflowObjects([{ name: "a.yaml", text: `${cron("b")}---\n${cron("a")}` }], "argo");
    assert.deepEqual(problems, []);
    assert.deepEqual(
      objects.map(({ labels, name }) => [name, labels]),
      [
        ["a", { team: "maps" }],
        ["b", { team: "maps" }],
      ],
    );
  });
});
