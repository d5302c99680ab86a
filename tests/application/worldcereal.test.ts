// What the example of WorldCereal plans as a whole, apart from its applications.
import assert from "node:assert/strict";
import { plannedObjects, plannedReleases } from "../../plan/objects.ts";
import { at, record, records, texts } from "../../components/kit/unknown.ts";
import { recordStack, stackNamed } from "../stacks.ts";

const stack = stackNamed("worldcereal");

async function made() {
  const { resources, result } = await recordStack(stack);
  const objects = plannedObjects(resources);
  const realm = objects.find(({ kind, name }) => kind === "ConfigMap" && name === "keycloak-realm");
  const values = plannedReleases(resources).find(({ chart }) => chart === "kube-prometheus-stack")?.values;
  return {
    ledger: result.ledger,
    objects,
    values,
    realm: record(JSON.parse(String(at(realm?.manifest, "data", "realm.json")))),
  };
}

describe("the example of WorldCereal", function () {
  this.timeout(60_000);

  it("W13: has the document's ten clients, of which `auth` and `api` need no role", async () => {
    const { realm } = await made();
    // Argo's is not in the document.
    const clients = records(realm["clients"]).filter(({ clientId }) => clientId !== "workflows");
    assert.deepEqual(
      clients.map(({ clientId }) => clientId),
      "api auth grafana graylog prometheus rdm rdmapi vdm vdmapi wctiler".split(" "),
    );
    const gated = clients.filter((one) => at(one, "authenticationFlowBindingOverrides", "browser") !== undefined);
    assert.deepEqual(
      gated.map(({ clientId }) => clientId),
      "grafana graylog prometheus rdm vdm wctiler".split(" "),
    );
    for (const client of clients.filter(({ standardFlowEnabled }) => standardFlowEnabled === true)) {
      const audiences = records(client["protocolMappers"])
        .map((one) => at(one, "config", "included.client.audience"))
        .filter((one) => one !== undefined);
      assert.deepEqual(audiences.sort(), ["api", client["clientId"]].sort());
    }
  });

  it("W23: worldcereal-admin is an administrator of Grafana and of Graylog", async () => {
    const { ledger, realm, values } = await made();
    const user = records(realm["users"]).find(({ username }) => username === "worldcereal-admin");
    const groups = texts(user?.["groups"]);
    for (const application of ["Grafana", "Graylog"])
      assert.ok(
        ledger.groupRoles.some(
          (one) => one.application === application && /^admin/i.test(one.role) && groups.includes(one.group),
        ),
        application,
      );
    const path = String(at(values, "grafana", "grafana.ini", "auth.generic_oauth", "role_attribute_path"));
    assert.ok(
      groups.some((group) => path.includes(`contains(group || \`[]\`, '${group}')`)),
      path,
    );
  });

  it("W22, W24: keeps metrics for six hours on 30Gi, and for years in the bucket of Thanos", async () => {
    const { values } = await made();
    const spec = at(values, "prometheus", "prometheusSpec");
    assert.deepEqual(
      [at(spec, "replicas"), at(spec, "retention"), at(spec, "scrapeInterval"), at(spec, "disableCompaction")],
      [2, "6h", "2m", true],
    );
    assert.equal(at(spec, "storageSpec", "volumeClaimTemplate", "spec", "resources", "requests", "storage"), "30Gi");
    assert.ok(at(spec, "thanos", "objectStorageConfig") !== undefined);
  });
});
