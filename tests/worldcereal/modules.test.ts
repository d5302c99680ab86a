import assert from "node:assert/strict";
import { at, record, records, text } from "../../components/kit/unknown.ts";
import { settingOf } from "../../components/worldcereal/modules.ts";
import { nginxConf, uwsgiIni } from "../../components/worldcereal/wctiler-files.ts";
import { plannedObjects } from "../../plan/objects.ts";
import { declaredModules } from "../../stacks/settings/modules.ts";
import { allows } from "../network/evaluator.ts";
import type { Pod } from "../network/evaluator.ts";
import { networkOf } from "../network/network.ts";
import { recordStack, stackNamed } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";

const worldcereal = stackNamed("worldcereal");
const external: TestStack = {
  ...worldcereal,
  set: [
    "worldcereal.wctiler.external={host: tiles.example.org, name: ewoc, username: reader, passwordSecret: tiles, cidrs: [192.0.2.0/28]}",
    "secrets:tiles={secure: v1}",
  ],
};

async function made(stack: TestStack) {
  const { resources, result } = await recordStack(stack);
  const objects = plannedObjects(resources);
  const container = (name: string) => {
    const deployment = objects.find((one) => one.kind === "Deployment" && one.name === name)?.manifest;
    return { deployment, container: records(at(deployment, "spec", "template", "spec", "containers"))[0] };
  };
  return { objects, result, container };
}

describe("WorldCereal's modules", function () {
  this.timeout(120_000);

  it("W30: can be left out and turned off one by one, and the others stay", async () => {
    const names = async (...set: string[]) => {
      const { objects } = await made({ ...worldcereal, set });
      return objects
        .filter(({ kind, namespace }) => kind === "Deployment" && ["rdm", "vdm", "wctiler"].includes(namespace ?? ""))
        .map(({ name }) => name)
        .sort();
    };
    const [rdm, vdm, wctiler] = [
      ["pgadmin-pgadmin4", "rdmapi", "rdmui-nginx"],
      ["app-wcpdr", "be"],
      ["mapserver", "wctiler"],
    ];
    assert.deepEqual(await names(), [...vdm, ...wctiler, ...rdm].sort());
    assert.deepEqual(await names("worldcereal.rdm.enabled=false"), [...vdm, ...wctiler].sort());
    assert.deepEqual(await names("worldcereal.vdm.enabled=false", "worldcereal.wctiler.enabled=false"), rdm);
  });

  it("W27: WCTiler's numbers are settings, each of which restarts its pod", async () => {
    const [before, after] = [
      await made(worldcereal),
      await made({ ...worldcereal, set: ["worldcereal.wctiler.uwsgi.processes=4"] }),
    ];
    const checksum = ({ container }: typeof before) =>
      text(at(container("wctiler").deployment, "spec", "template", "metadata", "annotations", "groundplan/checksum"));
    assert.ok(checksum(before) !== undefined);
    assert.notEqual(checksum(before), checksum(after));
    assert.deepEqual(at(before.container("wctiler").deployment, "spec", "strategy"), { type: "Recreate" });
    const numbers = { processes: 4, bufferSize: 65_535, stats: 1718 };
    assert.match(uwsgiIni(numbers), /processes = 4\nbuffer-size = 65535\nstats = 127\.0\.0\.1:1718\n/);
    assert.match(
      nginxConf(8081, "100Mi", numbers),
      /client_max_body_size 100M;\n {2}large_client_header_buffers 4 65535;/,
    );
    assert.match(nginxConf(8081, "100Mi", { bufferSize: 32_768 }), /buffers 4 32k;\n[^]*listen 8081;/);
  });

  it("W27: WCTiler reads a database outside the stack by a secret, and its pods alone reach it", async () => {
    const { container, result } = await made(external);
    const variables: Record<string, unknown> = Object.fromEntries(
      records(container("wctiler").container?.["env"]).map((one) => [
        String(one["name"]),
        one["value"] ?? at(one, "valueFrom", "secretKeyRef"),
      ]),
    );
    assert.deepEqual(Object.fromEntries(Object.entries(variables).filter(([name]) => name.startsWith("WCT_"))), {
      WCT_DB_NAME: "ewoc",
      WCT_DB_PASSWORD: { name: "wctiler-secrets", key: "tiles" },
      WCT_DB_PORT: "5432",
      WCT_DB_TABLE: "tiles",
      WCT_DB_USER: "reader",
      WCT_HOST_DB: "tiles.example.org",
      WCT_MAPSERVER_URL: "http://mapserver.wctiler.svc.cluster.local:8080",
    });
    assert.ok(!result.ledger.pools.some(({ consumer }) => consumer === "wctiler"));
    const { cluster } = await networkOf(external);
    const pod = (name: string): Pod => ({
      ...{ namespace: "wctiler", name, ip: "10.9.6.1" },
      labels: { "app.kubernetes.io/name": name, "app.kubernetes.io/component": "application" },
    });
    const reaches = (name: string, ip: string) => allows(cluster, { from: pod(name), to: { ip }, port: 5432 });
    assert.deepEqual(
      [reaches("wctiler", "192.0.2.3"), reaches("wctiler", "198.51.100.1"), reaches("mapserver", "192.0.2.3")],
      [true, false, false],
    );
  });

  it("say of each setting that an application derives from it where it is", async () => {
    const { settings } = (await recordStack(worldcereal)).result;
    for (const { application, path } of declaredModules(settings)) {
      const module = record(at(settings.worldcereal, String(path[1])));
      const value = (rest: readonly PropertyKey[]) => {
        const { path: setting, exact } = settingOf([...path.slice(1), ...rest]);
        return exact ? at(module, ...setting.slice(1).map(String)) : undefined;
      };
      assert.equal(value(["image"]), application.image);
      application.hosts.forEach(({ host }, index) => {
        assert.equal(value(["hosts", index, "host"]), host);
      });
      application.databases.forEach(({ name }, index) => {
        assert.equal(value(["databases", index, "name"]), name);
      });
      application.volumes.forEach(({ path: mounted, size }, index) => {
        assert.deepEqual([value(["volumes", index, "size"]), value(["volumes", index, "path"])], [size, mounted]);
      });
      if (application.logs !== undefined) assert.equal(value(["logs", "input"]), application.logs.input);
    }
  });
});
