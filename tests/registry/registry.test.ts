import assert from "node:assert/strict";
import { Component } from "../../components/kit/component.ts";
import type { Environment } from "../../components/kit/environment.ts";
import { job } from "../../components/kit/workload.ts";
import { ecrAddress } from "../../components/kit/ecr.ts";
import { signed } from "../../components/kit/programs/signature.ts";
import { dockerConfig } from "../../components/registry/programs/token.ts";
import { at, list, record, text } from "../../components/kit/unknown.ts";
import { plannedObjects } from "../../plan/objects.ts";
import type { ExtensionPlatform } from "../../stacks/extension.ts";
import { allows } from "../network/evaluator.ts";
import { networkOf } from "../network/network.ts";
import { recordStack, stackNamed } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";

const byKey = stackNamed("ecr");
const registry = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";
const withEcr = (name: string, ecr: string): TestStack => ({ ...byKey, name, set: [`images.ecr={${ecr}}`] });
const byRole = withEcr(
  "ecr-role",
  `registry: ${registry}, identity: role, roleArn: "arn:aws:iam::123456789012:role/pull"`,
);
const byPodIdentity = withEcr("ecr-pod-identity", `registry: ${registry}, identity: role, cidrs: [192.0.2.0/24]`);
const byNodes = withEcr("ecr-nodes", `registry: ${registry}`);

async function objectsOf(stack: TestStack) {
  const { resources, result } = await recordStack(stack);
  return { resources, result, objects: plannedObjects(resources, ({ value }) => value) };
}

describe("a registry of Amazon ECR", () => {
  it("gives the region and the addresses of the APIs", () => {
    const of = (address: string) => {
      const { region, endpoints } = ecrAddress(address) ?? assert.fail(address);
      return [region, endpoints.ecr, endpoints.sts];
    };
    assert.deepEqual(of(registry), [
      "eu-central-1",
      "https://api.ecr.eu-central-1.amazonaws.com",
      "https://sts.eu-central-1.amazonaws.com",
    ]);
    assert.deepEqual(of("123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com"), [
      "us-gov-west-1",
      "https://ecr-fips.us-gov-west-1.amazonaws.com",
      "https://sts.us-gov-west-1.amazonaws.com",
    ]);
    assert.deepEqual(of("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn"), [
      "cn-north-1",
      "https://api.ecr.cn-north-1.amazonaws.com.cn",
      "https://sts.cn-north-1.amazonaws.com.cn",
    ]);
    assert.deepEqual(of("123456789012.dkr-ecr.eu-west-1.on.aws"), [
      "eu-west-1",
      "https://ecr.eu-west-1.api.aws",
      "https://sts.eu-west-1.api.aws",
    ]);
    for (const other of [
      "public.ecr.aws",
      "12345678901.dkr.ecr.eu-west-1.amazonaws.com",
      "123456789012.dkr.ecr.cn-north-1.amazonaws.com",
      "123456789012.dkr.ecr.eu-west-1.amazonaws.com.cn",
      "123456789012.dkr.ecr.eu-west.amazonaws.com",
      `${registry}/team`,
      `${registry}.example.org`,
    ])
      assert.equal(ecrAddress(other), undefined, other);
  });

  it("is asked with AWS' signatures: the requests of their test suite", () => {
    // AWS Signature Version 4 Test Suite: post-vanilla, post-x-www-form-urlencoded, post-header-key-sort.
    const secretAccessKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    const scope = { region: "us-east-1", service: "service", now: new Date("2015-08-30T12:36:00Z") };
    const authorization = (headers: Record<string, string>, body: string) =>
      signed(
        { url: "https://example.amazonaws.com/", headers, body },
        { accessKeyId: "AKIDEXAMPLE", secretAccessKey },
        scope,
      )["authorization"];
    const start = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=";
    assert.equal(
      authorization({}, ""),
      `${start}host;x-amz-date, Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b`,
    );
    assert.equal(
      authorization({ "content-type": "application/x-www-form-urlencoded" }, "Param1=value1"),
      `${start}content-type;host;x-amz-date, Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a`,
    );
    assert.equal(
      authorization({ "my-header1": "value1" }, ""),
      `${start}host;my-header1;x-amz-date, Signature=c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c`,
    );
  });

  it("has a login that Kubernetes reads", () => {
    const auth = Buffer.from("AWS:password").toString("base64");
    assert.deepEqual(JSON.parse(dockerConfig(registry, { auth })), { auths: { [registry]: { auth } } });
  });
});

describe("the login of Amazon ECR", () => {
  it("W07: is a Secret in every namespace, which only the Job may write, and every pod pulls with it", async () => {
    const { objects, resources } = await objectsOf(byKey);
    const namespaces = objects.filter(({ kind }) => kind === "Namespace").map(({ name }) => name);
    const named = (kind: string) =>
      objects.filter((one) => one.kind === kind && /^(aws-registry|ecr-login)$/.test(one.name));
    assert.deepEqual(
      named("Secret")
        .map(({ namespace }) => namespace)
        .sort(),
      [...namespaces].sort(),
    );
    for (const { manifest, urn } of named("Secret")) {
      const data = text(at(manifest, "data", ".dockerconfigjson")) ?? "";
      assert.equal(Buffer.from(data, "base64").toString(), '{"auths":{}}');
      assert.deepEqual(resources.find((one) => one.urn === urn)?.ignoreChanges, ["data"]);
    }
    assert.deepEqual(
      named("Role")
        .map(({ namespace }) => namespace)
        .sort(),
      [...namespaces].sort(),
    );
    for (const { manifest } of named("Role"))
      assert.deepEqual(manifest["rules"], [
        { apiGroups: [""], resources: ["secrets"], resourceNames: ["aws-registry"], verbs: ["patch"] },
      ]);
    const bindings = objects.filter(
      ({ kind, manifest }) =>
        ["RoleBinding", "ClusterRoleBinding"].includes(kind) &&
        JSON.stringify(manifest["subjects"]).includes("ecr-login"),
    );
    assert.deepEqual(
      bindings.map(({ kind, namespace }) => `${kind} ${namespace}`).sort(),
      namespaces.map((name) => `RoleBinding ${name}`).sort(),
    );
    const pods = objects.filter(({ kind }) => ["Deployment", "StatefulSet", "Job"].includes(kind));
    assert.ok(pods.length > 5);
    for (const { manifest, name } of pods)
      assert.deepEqual(at(manifest, "spec", "template", "spec", "imagePullSecrets"), [{ name: "aws-registry" }], name);
    assert.equal(named("CronJob").length, 1);
  });

  it("is written before pods start, and no policy of the Job waits for it", async () => {
    const { resources } = await objectsOf(byKey);
    const job = resources.find(({ name }) => name === "ecr-login-first")?.urn ?? assert.fail("no Job");
    const waiting = resources.filter(({ dependencies }) => dependencies.includes(job));
    for (const type of ["helm.sh/v3:Release", "batch/v1:Job"]) {
      const own = resources.filter((one) => one.type === `kubernetes:${type}` && one.urn !== job);
      assert.ok(own.length > 0, type);
      for (const { dependencies, urn } of own) assert.ok(dependencies.includes(job), urn);
    }
    for (const { inputs, urn } of waiting) assert.notEqual(at(inputs, "metadata", "namespace"), "registry-login", urn);
  });

  it("W07: is renewed in a namespace that a program of one's own creates, before pods start there", async () => {
    class Page extends Component {
      constructor(environment: Environment) {
        super("test:Page", "page", "page", environment, {});
        const container = { name: "page", image: "docker.io/library/busybox:1.37.0", command: ["true"] };
        const resources = { requests: { cpu: "1m", memory: "1Mi" }, limits: { memory: "1Mi" } } as const;
        const pod = { runAs: { user: 1, group: 1 }, containers: [{ ...container, resources }] };
        job(this, "page", { name: "page", namespace: "my-pages", pod }, "page", [], {});
      }
    }
    const extension = (platform: ExtensionPlatform) => {
      platform.namespace({ name: "my-pages" });
      new Page(platform.environment);
    };
    const { objects, resources, result } = await objectsOf({ ...byKey, name: "ecr-own", extension });
    const secrets = objects.filter(
      ({ kind, name, namespace }) => `${kind} ${namespace}/${name}` === "Secret my-pages/aws-registry",
    );
    assert.equal(secrets.length, 1);
    const renewing = objects.filter(
      ({ kind, manifest }) => kind === "CronJob" && JSON.stringify(manifest).includes('"my-pages"'),
    );
    assert.equal(renewing.length, 1);
    const first = resources.find(({ name }) => name === "ecr-login-my-pages-first")?.urn ?? assert.fail("no Job");
    const page =
      resources.find(({ name, type }) => name === "page-page" && type.endsWith(":Job")) ?? assert.fail("no page");
    assert.ok(page.dependencies.includes(first), page.dependencies.join(", "));
    // The network lets both CronJobs out.
    const [from] = result.ledger.edges.flatMap((edge) =>
      edge.purpose === "passwords of Amazon ECR" ? [edge.from] : [],
    );
    assert.ok(from?.kind === "pods");
    const crons = objects.filter(({ kind, namespace }) => kind === "CronJob" && namespace === "registry-login");
    assert.equal(crons.length, 2);
    for (const { manifest } of crons) {
      const labels = at(manifest, "spec", "jobTemplate", "spec", "template", "metadata", "labels") as object;
      assert.deepEqual({ ...labels, ...from.labels }, labels);
    }
  });

  it("runs again when a namespace is added", async () => {
    const nameOf = async (stack: TestStack) =>
      (await objectsOf(stack)).objects.find(({ kind, name }) => kind === "Job" && name.startsWith("ecr-login"))?.name;
    const more = { ...byKey, name: "ecr-more", set: [...(byKey.set ?? []), "namespaces.more={}"] };
    const [before, after] = [await nameOf(byKey), await nameOf(more)];
    assert.match(before ?? "", /^ecr-login-/);
    assert.notEqual(before, after);
  });

  it("has the access key by reference, and no password in the plan", async () => {
    const { objects } = await objectsOf(byKey);
    const job = objects.find(({ kind, name }) => kind === "CronJob" && name === "ecr-login");
    const [container] = list(at(job?.manifest, "spec", "jobTemplate", "spec", "template", "spec", "containers"));
    const env = list(at(container, "env")).find((one) => at(one, "name") === "AWS_SECRET_ACCESS_KEY");
    assert.deepEqual(at(env, "valueFrom", "secretKeyRef"), { name: "ecr-login-key", key: "secret-access-key" });
    assert.equal(at(env, "value"), undefined);
  });

  it("by a role has the role's annotation and no key; with Pod Identity neither", async () => {
    for (const [stack, annotation] of [
      [byRole, "arn:aws:iam::123456789012:role/pull"],
      [byPodIdentity, undefined],
    ] as const) {
      const { objects } = await objectsOf(stack);
      const account = objects.find(({ kind, name }) => kind === "ServiceAccount" && name === "ecr-login");
      assert.equal(record(at(account?.manifest, "metadata", "annotations"))["eks.amazonaws.com/role-arn"], annotation);
      assert.ok(!objects.some(({ name }) => name === "ecr-login-key"), stack.name);
      const others = objects.filter(({ kind }) => kind !== "ConfigMap");
      assert.ok(!JSON.stringify(others).includes("AWS_SECRET_ACCESS_KEY"), stack.name);
    }
  });

  it("by the nodes creates nothing", async () => {
    const { objects } = await objectsOf(byNodes);
    const text = JSON.stringify(objects.filter(({ kind }) => kind !== "ConfigMap"));
    assert.doesNotMatch(text, /ecr-login|aws-registry|registry-login/);
    assert.doesNotMatch(text, /imagePullSecrets/);
  });

  it("reaches the API server, AWS, and the agent of Pod Identity where it is used", async () => {
    const reached = async (stack: TestStack) => {
      const { cluster, sides } = await networkOf(stack);
      const from = sides.known.filter(
        ({ namespace, name }) => namespace === "registry-login" && name.startsWith("ecr-login"),
      );
      assert.ok(from.length > 0);
      const all = from.map((pod) =>
        [
          ["192.0.2.1", 443],
          ["192.0.2.1", 80],
          ["169.254.170.23", 80],
          ["169.254.169.254", 80],
        ].map(([ip, port]) => allows(cluster, { from: pod, to: { ip: String(ip) }, port: Number(port) })),
      );
      for (const one of all) assert.deepEqual(one, all[0]);
      return all[0];
    };
    assert.deepEqual(await reached(byKey), [true, false, false, false]);
    assert.deepEqual(await reached(byPodIdentity), [true, false, true, false]);
  });
});
