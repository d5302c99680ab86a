// Snapshots of a stack in AWS, by a real OpenSearch with its plugin for buckets: who gets in, and which objects are in the bucket then.
// The agent of EKS Pod Identity and S3 are pretended here, the latter by versitygw.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdirSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { desiredSnapshots } from "../../components/logging/snapshots/policy.ts";
import { list, record, records, text } from "../../components/kit/unknown.ts";
import { plannedReleases } from "../../plan/objects.ts";
import { program, root as owner, startStore } from "../backup/deployed.ts";
import type { Store } from "../backup/deployed.ts";
import { recordStack, stackNamed } from "../stacks.ts";
import { findSearchWithBuckets, startSearch } from "./search-server.ts";

const stack = {
  ...stackNamed("worldcereal-aws"),
  set: ["logging.search.snapshots.enabled=true"],
};
const folderOfPod = "/usr/share/opensearch/config";

describe("snapshots of a real OpenSearch in AWS", function () {
  this.timeout(300_000);
  let store: Store;
  const tokens: (string | undefined)[] = [];
  const agent = createServer((request, response) => {
    tokens.push(request.headers.authorization);
    const Expiration = new Date(Date.now() + 3_600_000).toISOString();
    response.end(JSON.stringify({ AccessKeyId: owner.access, SecretAccessKey: owner.secret, Expiration }));
  });

  before(async function () {
    const versitygw = program("versitygw");
    if (versitygw === undefined) {
      console.log("    skipped: versitygw is not on PATH or in ~/.cache/groundplan/bin");
      this.skip();
    }
    store = startStore(versitygw);
    await new Promise<void>((resolve) => agent.listen(0, "127.0.0.1", resolve));
  });
  after(() => {
    agent.close();
    (store as Store | undefined)?.stop();
  });

  /**
   * Registers the repository and takes a snapshot, as the Job and its policy do.
   * @param file the token's file in the folder of the configuration, or elsewhere
   */
  async function snapshot(
    context: Mocha.Context,
    file?: string,
  ): Promise<{ readonly status: number; readonly answer: string }> {
    const found = findSearchWithBuckets();
    if ("missing" in found) {
      console.log(`    skipped: ${found.missing}`);
      return context.skip();
    }
    const { resources } = await recordStack(stack);
    const values = record(plannedReleases(resources).find(({ chart }) => chart === "opensearch")?.values);
    const mount = records(values["extraVolumeMounts"]).find(({ name }) => name === "pod-identity");
    const environment = new Map(records(values["extraEnvs"]).map(({ name, value }) => [name, text(value) ?? ""]));
    const tokenFile = environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") ?? "";
    assert.ok(tokenFile.startsWith(`${text(mount?.["mountPath"]) ?? "none"}/`), "the token is in the volume");
    assert.equal(environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI"), "http://169.254.170.23/v1/credentials");
    const inFolder = relative(folderOfPod, tokenFile);
    // What needs the plugin of security is left out; the store is here, and not in AWS.
    const lines = (text(record(values["config"])["opensearch.yml"]) ?? "").split("\n");
    const configuration = lines
      .filter((line) => /^(s3\.client|network|action)\./.test(line))
      .map((line) =>
        line.replace(/endpoint: .*/, `endpoint: ${store.endpoint}`).replace("protocol: https", "protocol: http"),
      )
      .map((line) =>
        line.replace("path_style_access: false", "path_style_access: true").replace("eu-west-1", "us-east-1"),
      )
      .join("\n");
    const { port } = agent.address() as AddressInfo;
    const files = { "opensearch.yml": `${configuration}\n`, [inFolder]: "token-of-the-pod" };
    const server = await startSearch(found, files, {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}/v1/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file ?? join(found.home, "config", inFolder),
    });
    try {
      const bucket = "logs";
      mkdirSync(join(store.objects, bucket), { recursive: true });
      const shape = { schedule: "0 1 * * *", keep: "14d", cidrs: [] } as const;
      const { repository } = desiredSnapshots(shape, { bucket }, ["system_*"]);
      const put = async (path: string, body: object) => {
        const headers = { "content-type": "application/json" };
        const url = `http://127.0.0.1:${server.port}/_snapshot/${repository.name}${path}`;
        const response = await fetch(url, { method: "PUT", headers, body: JSON.stringify(body) });
        return { status: response.status, answer: await response.text() };
      };
      const registered = await put("", repository.body);
      return registered.status === 200 ? await put("/first?wait_for_completion=true", {}) : registered;
    } finally {
      await server.stop();
    }
  }

  it("are in the bucket, with the role that the agent gives for the token of the pod", async function () {
    const { answer, status } = await snapshot(this);
    assert.equal(status, 200, answer);
    assert.equal(record(record(JSON.parse(answer))["snapshot"])["state"], "SUCCESS");
    assert.deepEqual([...new Set(tokens)], ["token-of-the-pod"]);
    const objects = list(readdirSync(join(store.objects, "logs")));
    assert.ok(
      objects.some((name) => /^snap-.*\.dat$/.test(text(name) ?? "")),
      objects.join(),
    );
  });

  it("cannot be taken with the token where EKS puts it: OpenSearch lets plugins read files of its configuration only", async function () {
    const { answer, status } = await snapshot(this, "/etc/hostname");
    assert.equal(status, 500);
    assert.match(answer, /Denied OPEN \(read\) access to file: \/etc\/hostname/);
  });
});
