import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { program } from "../../index.ts";
import type { Data } from "../../components/kit/unknown.ts";
import { inventoryOf } from "../../plan/checks/inventory.ts";
import { madeUp, record } from "../../plan/recorder.ts";
import type { Outcomes, Recorded } from "../../plan/recorder.ts";
import { readStackFile } from "../../plan/stack-file.ts";
import { known } from "../midpoint/fakes.ts";
import { planStack } from "../plans.ts";
import { recordStack, root, stackNamed } from "../stacks.ts";

const aws = stackNamed("worldcereal-aws");
const registry = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";

/** What the SDK sends for a value that is not known yet (@pulumi/pulumi, runtime/rpc.ts, `unknownValue`). */
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const ofType = (resources: readonly Recorded[], type: string) => resources.filter((one) => one.type === type);

/** The ARNs from which a policy allows to pull images of the account. */
function pulledBy(inputs: Data | undefined): string[] {
  const { Statement } = JSON.parse(String(inputs?.["policy"])) as { Statement: { Sid: string; Resource: string[] }[] };
  return Statement.find(({ Sid }) => Sid === "OwnImages")?.Resource ?? [];
}

describe("a stack in AWS", () => {
  it("W01: previews in full although nothing of AWS exists, and the same resources as with all outputs known", async () => {
    // Nothing of AWS has an id, an output, or even an input that comes back.
    const nothing: Outcomes = (type, name, inputs) =>
      type.startsWith("aws:")
        ? { id: "", ...Object.fromEntries(Object.keys(inputs).map((key) => [key, unknown])) }
        : madeUp(type, name, inputs);
    const known = await recordStack(aws);
    const first = await record(program, aws.name, readStackFile(aws.file), nothing);
    assert.deepEqual(
      first.resources.map(({ urn }) => urn),
      known.resources.map(({ urn }) => urn),
    );
    const provider = first.resources.find(({ type }) => type === "pulumi:providers:kubernetes");
    assert.equal(provider?.inputs["kubeconfig"], unknown, "the cluster's address is not made up");
    // What is in the cluster does not change with it, but for values that only AWS knows.
    const contents = (resources: readonly Recorded[]) =>
      new Map(
        resources
          .filter(({ type }) => type.startsWith("kubernetes:"))
          .map(({ urn, inputs }) => [urn, JSON.stringify(inputs)] as const),
      );
    const before = contents(known.resources);
    const differing = [...contents(first.resources)].filter(([urn, text]) => before.get(urn) !== text);
    assert.deepEqual(
      differing.map(([urn]) => urn.split("::").at(-1)),
      [
        "aws-controllers-load-balancers",
        "external-dns-release",
        "storage-class-fast",
        "storage-class-fast-scratch",
        "storage-class-shared",
      ],
    );
  });

  it("loads AWS' SDK, and a stack elsewhere loads none of it", () => {
    const files = (stack: string) => {
      const script = `
        import "./plan/unused-sdk.ts";
        import { createRequire } from "node:module";
        const { record } = await import("./plan/recorder.ts");
        const { program } = await import("./index.ts");
        const { readStackFile } = await import("./plan/stack-file.ts");
        await record(program, "test", readStackFile(${JSON.stringify(stack)}));
        const files = Object.keys(createRequire(import.meta.url).cache).filter((file) => file.includes("@pulumi/aws/"));
        console.log(files.length, files.some((file) => file.endsWith("@pulumi/aws/index.js")));`;
      return execFileSync(process.execPath, ["--input-type=module", "--eval", script], { cwd: root, encoding: "utf8" });
    };
    assert.equal(files("Pulumi.dev.yaml").trim(), "0 false");
    const [loaded = "", whole] = files("examples/worldcereal-aws.yaml").trim().split(" ");
    assert.ok(Number(loaded) > 20 && Number(loaded) < 120, `${loaded} files of AWS' SDK`);
    assert.equal(whole, "false", "the SDK is loaded as a whole");
  });

  it("reaches no account but its own, and tags everything", async () => {
    const { resources } = await recordStack(aws);
    const [provider] = ofType(resources, "pulumi:providers:aws");
    // Providers get their settings as JSON.
    assert.equal(provider?.inputs["allowedAccountIds"], '["123456789012"]');
    assert.deepEqual(JSON.parse(String(provider.inputs["defaultTags"])), {
      tags: { "groundplan:stack": "worldcereal-aws", project: "world-cereal" },
    });
    for (const { provider: of, type, urn } of resources)
      if (type.startsWith("aws:")) assert.match(of, /pulumi:providers:aws::aws::/, urn);
  });

  it("W02, W32: has three system nodes or more, and processing nodes on which no pod of the platform can run", async () => {
    const { resources } = await recordStack(aws);
    const groups = ofType(resources, "aws:eks/nodeGroup:NodeGroup").map(({ inputs }) => inputs);
    const system = groups.filter(({ labels }) => (labels as Record<string, string>)["system-tag"] !== undefined);
    const size = ({ scalingConfig }: Record<string, unknown>) => scalingConfig as { minSize: number; maxSize: number };
    assert.ok(system.reduce((sum, group) => sum + size(group).minSize, 0) >= 3);
    assert.deepEqual(
      system.map(({ capacityType, subnetIds }) => [capacityType, (subnetIds as unknown[]).length]),
      system.map(() => ["ON_DEMAND", 1]),
    );
    const [processing, ...more] = groups.filter((group) => !system.includes(group));
    assert.ok(processing && more.length === 0);
    assert.equal(processing["capacityType"], "SPOT");
    assert.equal(size(processing).minSize, 0);
    assert.ok((processing["instanceTypes"] as unknown[]).length >= 3);
    const labels = processing["labels"] as Record<string, string>;
    const { pods } = inventoryOf(await planStack(aws));
    assert.ok(pods.length > 30);
    for (const { kind, owner, spec } of pods)
      if (kind !== "DaemonSet")
        assert.ok(
          Object.entries(spec.nodeSelector).some(([key, value]) => labels[key] !== value),
          `${owner} can run on processing nodes`,
        );
  });

  it("shows the name servers to which the parent zone delegates, where it creates a zone", async () => {
    const { outputs } = (await recordStack(aws)).result;
    assert.ok(outputs.nameServers);
    assert.match(String(await known(outputs.nameServers)), /^ns\..+\.made-up$/);
    const elsewhere = (await recordStack(stackNamed("prod"))).result.outputs;
    assert.ok(!("nameServers" in elsewhere));
  });

  it("W07: pulls images with the nodes' role, so that no token expires", async () => {
    const { resources } = await recordStack(aws);
    const ofNodes = (type: string) =>
      ofType(resources, type)
        .map(({ inputs }) => inputs)
        .filter(({ role }) => role === "world-cereal-nodes");
    assert.deepEqual(
      ofNodes("aws:iam/rolePolicyAttachment:RolePolicyAttachment").map(({ policyArn }) => policyArn),
      ["arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"],
    );
    const [policy] = ofNodes("aws:iam/rolePolicy:RolePolicy");
    assert.deepEqual(pulledBy(policy), ["arn:aws:ecr:eu-west-1:123456789012:repository/world-cereal/*"]);
  });

  it("pulls from the account's other repositories only if the settings name them, their mirror or an image of them", async () => {
    const of = async (...sets: string[]) => {
      const { resources } = await recordStack({ ...aws, set: sets });
      const policies = ofType(resources, "aws:iam/rolePolicy:RolePolicy");
      return pulledBy(policies.find(({ inputs }) => inputs["name"] === "pulls")?.inputs).map((arn) =>
        arn.split("/").slice(1).join("/"),
      );
    };
    assert.deepEqual(await of("aws.pulls=[shared/*, base]"), ["world-cereal/*", "base", "shared/*"]);
    assert.deepEqual(await of(`images.mirror=${registry}/mirror`), ["world-cereal/*", "mirror/*"]);
    assert.deepEqual(await of(`gateway.login.pluginImage=${registry}/plugins/kong-oidc:1.2.3`), [
      "world-cereal/*",
      "plugins/kong-oidc",
    ]);
    // Another account decides itself who pulls from its repositories.
    assert.deepEqual(
      await of("gateway.login.pluginImage=999999999999.dkr.ecr.eu-west-1.amazonaws.com/plugins/kong-oidc:1.2.3"),
      ["world-cereal/*"],
    );
  });

  const withSnapshots = { ...aws, set: ["logging.search.snapshots.enabled=true"] };
  const withLogin = { ...aws, set: [`images.ecr={registry: ${registry}, identity: role}`] };
  for (const [name, stack] of [
    ["", aws],
    [", with a login of ECR", withLogin],
    [", with snapshots of OpenSearch", withSnapshots],
  ] as const)
    it(`gives a role to every pod that asks for one, and none that no pod asks for${name}`, async () => {
      const { resources, result } = await recordStack(stack);
      const given = ofType(resources, "aws:eks/podIdentityAssociation:PodIdentityAssociation").map(({ inputs }) => ({
        namespace: String(inputs["namespace"]),
        account: String(inputs["serviceAccount"]),
      }));
      const agents = result.ledger.edges.filter(
        ({ to }) => to.kind === "outside" && to.cidrs?.[0] === "169.254.170.23/32",
      );
      const asking = new Set(agents.flatMap(({ from }) => (from.kind === "pods" ? [from.namespace] : [])));
      // The add-ons of EKS are in a namespace that the stack does not make, and has no policies for.
      const inStack = given.filter(({ namespace }) => namespace !== "kube-system");
      assert.deepEqual(new Set(inStack.map(({ namespace }) => namespace)), asking);
      const addons = ofType(resources, "aws:eks/addon:Addon").map(({ inputs }) => inputs["addonName"]);
      const driverOf: Record<string, string> = {
        "aws-node": "vpc-cni",
        "ebs-csi-controller-sa": "aws-ebs-csi-driver",
        "efs-csi-controller-sa": "aws-efs-csi-driver",
      };
      for (const { account, namespace } of given)
        if (namespace === "kube-system") assert.ok(addons.includes(driverOf[account]), account);
      const accounts = new Set([
        ...inventoryOf(await planStack(stack)).pods.map(
          ({ namespace, spec }) => `${namespace}/${String(spec["serviceAccountName"])}`,
        ),
        ...(await planStack(stack)).objects
          .filter(({ kind }) => kind === "ServiceAccount")
          .map(({ name, namespace }) => `${namespace}/${name}`),
      ]);
      // Charts name their accounts after their releases.
      const releases = ofType(resources, "kubernetes:helm.sh/v3:Release").map(
        ({ inputs }) => `${String(inputs["namespace"])}/${String(inputs["name"])}`,
      );
      for (const { account, namespace } of inStack) {
        const id = `${namespace}/${account}`;
        assert.ok(accounts.has(id) || releases.some((release) => `${id}-`.startsWith(`${release}-`)), account);
      }
    });

  it("encrypts Secrets, volumes and files with a key of its own, and protects what holds data", async () => {
    const { resources } = await recordStack(aws);
    const key = "arn:aws:made-up:::aws-storage-key";
    const [cluster] = ofType(resources, "aws:eks/cluster:Cluster");
    assert.deepEqual(cluster?.inputs["encryptionConfig"], { provider: { keyArn: key }, resources: ["secrets"] });
    const fast = resources.find(({ name }) => name === "storage-class-fast");
    assert.deepEqual(fast?.inputs["parameters"], { encrypted: "true", kmsKeyId: key, type: "gp3" });
    const [files] = ofType(resources, "aws:efs/fileSystem:FileSystem");
    assert.equal(files?.inputs["kmsKeyId"], key);
    const guarded = resources.filter(({ type }) =>
      /^aws:(eks\/cluster|ec2\/vpc|s3\/bucket|kms\/key|efs\/fileSystem|route53\/zone|ecr\/repository):/.test(type),
    );
    assert.ok(guarded.length >= 12);
    for (const { protect, urn } of guarded) assert.ok(protect, urn);
  });
});
