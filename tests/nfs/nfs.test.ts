import assert from "node:assert/strict";
import { exportId, folderScript, serverCapabilities, serverConfiguration } from "../../components/nfs/exports.ts";
import { shareStorageClass } from "../../components/nfs/shares.ts";
import type { ShareSpec } from "../../components/nfs/shares.ts";
import { plannedObjects, plannedReleases } from "../../plan/objects.ts";
import { podTemplate } from "../../plan/pods.ts";
import { recordStack, stackNamed } from "../stacks.ts";

type Part = Record<string, unknown>;

const midpoint = { path: "/midpoint", account: { user: 1000, group: 1000 } };
const volumes = { path: "/volumes" };

async function objectsOf(stack: string) {
  const { resources, result } = await recordStack(stackNamed(stack));
  const objects = plannedObjects(resources);
  const find = (kind: string, name: string) =>
    objects.find((one) => one.kind === kind && one.name === name) ?? assert.fail(`no ${kind} ${name}`);
  return { objects, resources, find, ...result };
}

describe("the NFS server", () => {
  it("M18: is a StatefulSet with a claim, in user space with exactly the capabilities that it needs", async () => {
    const { find, ledger } = await objectsOf("midpoint");
    const { manifest } = find("StatefulSet", "mp-demo-nfs");
    const pod = podTemplate(manifest) ?? assert.fail();
    const [container] = pod.spec.containers;
    assert.deepEqual(
      [container?.["command"], container?.securityContext],
      [
        [
          ...["ganesha.nfsd", "-F", "-L", "STDOUT"],
          ...["-f", "/etc/ganesha/ganesha.conf", "-p", "/run/ganesha/ganesha.pid"],
        ],
        {
          allowPrivilegeEscalation: false,
          capabilities: { drop: ["ALL"], add: [...serverCapabilities] },
          readOnlyRootFilesystem: true,
        },
      ],
    );
    assert.deepEqual(pod.spec["terminationGracePeriodSeconds"], 10);
    assert.equal(pod.spec["automountServiceAccountToken"], false);
    const [claim] = pod.claims as { metadata: Part; spec: Part }[];
    assert.deepEqual(
      [claim?.metadata["name"], claim?.spec],
      [
        "data",
        {
          accessModes: ["ReadWriteOnce"],
          resources: { requests: { storage: "256Mi" } },
          storageClassName: "csi-rbd-hdd",
        },
      ],
    );
    const exemption = ledger.exemptions.find(({ namespace }) => namespace === "nfs-server");
    assert.equal(exemption?.level, "privileged");
    assert.match(exemption.reason, /DAC_READ_SEARCH/);
  });

  it("M19, D14: has the port 2049, the only one of NFS 4, at the address of the settings", async () => {
    const { find } = await objectsOf("midpoint");
    const { spec } = find("Service", "mp-demo-nfs").manifest as { spec: Part };
    assert.deepEqual(
      [spec["clusterIP"], spec["ports"]],
      ["10.96.0.49", [{ name: "nfs", port: 2049, targetPort: "nfs" }]],
    );
    const { manifest } = find("StatefulSet", "mp-demo-nfs");
    assert.deepEqual(podTemplate(manifest)?.spec.containers[0]?.ports, [{ name: "nfs", containerPort: 2049 }]);
    assert.match(serverConfiguration([]), /^ {2}Protocols = 4;\n {2}NFS_Port = 2049;$/m);
  });

  it("M17: is what midPoint's nodes mount, by its address", async () => {
    const { find } = await objectsOf("midpoint");
    const { spec } = find("PersistentVolume", "mp-demo-shared").manifest as { spec: Part };
    assert.deepEqual(
      [spec["nfs"], spec["mountOptions"]],
      [{ server: "10.96.0.49", path: "/exports" }, ["nfsvers=4.2"]],
    );
    const { data } = find("ConfigMap", "mp-demo-nfs-configuration").manifest as { data: Record<string, string> };
    assert.match(data["folders.sh"] ?? "", /^folder "\/exports\/exports" 1000:1000 0770$/m);
  });

  it("accepts connections from the nodes only", async () => {
    const { ledger } = await objectsOf("midpoint");
    const edges = ledger.edges.filter(({ to }) => to.kind === "pods" && to.namespace === "nfs-server");
    assert.deepEqual(
      edges.map(({ from, ports }) => [from, ports]),
      [[{ kind: "outside", cidrs: ["192.168.3.0/24"], nodes: true }, [2049]]],
    );
  });

  it("exports each folder with its account: all clients act as it, and provisioners as root", () => {
    const text = serverConfiguration([volumes, midpoint]);
    const [, first = "", second = "", ...rest] = text.split("\nEXPORT {\n");
    assert.equal(rest.length, 0);
    assert.match(first, /Pseudo = \/midpoint;\n {2}Squash = All_Squash;\n {2}Anonymous_Uid = 1000;/);
    assert.match(second, /Pseudo = \/volumes;\n {2}Squash = No_Root_Squash;\n/);
    assert.equal(text, serverConfiguration([midpoint, volumes]), "the order has no effect");
    assert.match(
      folderScript([volumes, midpoint]),
      /\/midpoint" 1000:1000 0770\nfolder "\/exports\/volumes" 0:0 0755\n$/,
    );
  });

  it("keeps the number of an export when another folder is added", () => {
    const ids = (text: string) =>
      [...text.matchAll(/Export_Id = (\d+);\n {2}Path = (\S+);/g)].map(([, id, path]) => [path, id]);
    const before = ids(serverConfiguration([midpoint]));
    const after = ids(serverConfiguration([{ path: "/a" }, midpoint, volumes]));
    assert.deepEqual(
      after.filter(([path]) => path === "/exports/midpoint"),
      before,
    );
    const all = Array.from({ length: 2000 }, (_, index) => exportId(`/folder-${index}`));
    assert.ok(all.every((id) => id >= 1 && id <= 65_535));
  });
});

describe("the provisioner of NFS volumes", () => {
  it("N01: has a namespace, an account and exactly the rights that it uses", async () => {
    const { find, objects } = await objectsOf("midpoint-shared");
    assert.equal(find("ServiceAccount", "nfs-client-provisioner").namespace, "nfs-storage");
    const rules = (kind: string, name: string) =>
      (find(kind, name).manifest["rules"] as { resources: string[]; verbs: string[] }[]).map(
        ({ resources, verbs }) => `${resources.join()} ${verbs.join()}`,
      );
    assert.deepEqual(rules("ClusterRole", "nfs-client-provisioner-runner"), [
      "nodes get,list,watch",
      "persistentvolumes get,list,watch,create,delete",
      "persistentvolumeclaims get,list,watch,update",
      "storageclasses get,list,watch",
      "events create,update,patch",
    ]);
    assert.deepEqual(rules("Role", "leader-locking-nfs-client-provisioner"), [
      "endpoints get,list,watch,create,update,patch",
    ]);
    for (const [kind, name, role] of [
      ["ClusterRoleBinding", "run-nfs-client-provisioner", "nfs-client-provisioner-runner"],
      ["RoleBinding", "leader-locking-nfs-client-provisioner", "leader-locking-nfs-client-provisioner"],
    ] as const) {
      const { roleRef, subjects } = find(kind, name).manifest as { roleRef: Part; subjects: Part[] };
      assert.equal(roleRef["name"], role);
      assert.deepEqual(subjects, [
        { kind: "ServiceAccount", name: "nfs-client-provisioner", namespace: "nfs-storage" },
      ]);
    }
    const [namespace] = objects.filter(({ kind, name }) => kind === "Namespace" && name === "nfs-storage");
    assert.match(JSON.stringify(namespace?.manifest), /pod-security.kubernetes.io\/enforce":"baseline"/);
  });

  it("N02, N03: is one Deployment that is recreated, with a container and a volume for each share", async () => {
    const { find } = await objectsOf("midpoint-shared");
    const { manifest } = find("Deployment", "nfs-client-provisioner");
    const { replicas, strategy } = manifest["spec"] as Part;
    assert.deepEqual([replicas, strategy], [1, { type: "Recreate" }]);
    const { containers, volumes: mounted } = podTemplate(manifest)?.spec ?? assert.fail();
    assert.deepEqual(
      containers.map(({ env, image, name, ...more }) => [name, image, env, more["volumeMounts"]]),
      [
        ["big", "192.168.3.10"],
        ["small", "192.168.3.11"],
      ].map(([name, server]) => [
        `nfs-client-provisioner-${name}`,
        "registry.k8s.io/sig-storage/nfs-subdir-external-provisioner:v4.0.2",
        [
          { name: "NFS_PATH", value: "/storage" },
          { name: "NFS_SERVER", value: server },
          { name: "PROVISIONER_NAME", value: `nfs-provisioner-${name}` },
        ],
        [{ name: `nfs-root-${name}`, mountPath: "/persistentvolumes" }],
      ]),
    );
    assert.deepEqual(mounted, [
      { name: "nfs-root-big", nfs: { server: "192.168.3.10", path: "/storage" } },
      { name: "nfs-root-small", nfs: { server: "192.168.3.11", path: "/storage" } },
    ]);
  });

  it("N04, D17: has a class for each share that keeps volumes, without a namespace", async () => {
    const { find } = await objectsOf("midpoint-shared");
    for (const name of ["big", "small"]) {
      const { manifest, namespace } = find("StorageClass", `nfs-${name}`);
      assert.equal(namespace, undefined);
      assert.deepEqual(
        [manifest["provisioner"], manifest["reclaimPolicy"], manifest["parameters"]],
        [`nfs-provisioner-${name}`, "Retain", { archiveOnDelete: "false" }],
      );
    }
  });

  it("N05: classes and containers are as many as shares, their names unique and matching", async () => {
    for (const stack of ["midpoint-shared", "snapshots"]) {
      const { objects, settings } = await objectsOf(stack);
      const made = objects
        .filter(({ kind, name }) => kind === "StorageClass" && name.startsWith("nfs-") && !name.endsWith("-scratch"))
        .map(({ manifest, name }) => [name, manifest["provisioner"]]);
      assert.equal(new Set(made.map(([name]) => name)).size, settings.nfs.shares.length);
      const containers = objects
        .filter(({ name }) => name === "nfs-client-provisioner")
        .flatMap(({ manifest }) => podTemplate(manifest)?.spec.containers ?? []);
      const served = containers.flatMap(({ env }) =>
        env.flatMap((one) => (one["name"] === "PROVISIONER_NAME" ? [one["value"]] : [])),
      );
      const asked = made.map(([, provisioner]) => provisioner);
      assert.deepEqual(settings.nfs.provisioner === "csi-driver-nfs" ? ["nfs.csi.k8s.io"] : served, asked);
    }
  });

  it("or csi-driver-nfs from its chart does the same, with the same settings", async () => {
    const { find, ledger, resources } = await objectsOf("snapshots");
    const release = plannedReleases(resources).find(({ chart }) => chart === "csi-driver-nfs");
    assert.deepEqual([release?.namespace, release?.version], ["nfs-storage", "4.13.4"]);
    const { manifest } = find("StorageClass", "nfs-volumes");
    assert.deepEqual(
      [manifest["provisioner"], manifest["reclaimPolicy"], manifest["mountOptions"], manifest["parameters"]],
      [
        "nfs.csi.k8s.io",
        "Retain",
        ["nfsvers=4.2"],
        {
          onDelete: "delete",
          server: "10.96.0.49",
          share: "/volumes",
          subDir: "${pvc.metadata.namespace}/${pvc.metadata.name}",
        },
      ],
    );
    assert.equal(ledger.exemptions.find(({ namespace }) => namespace === "nfs-storage")?.level, "privileged");
  });

  it("archives and names folders by the same settings with both programs", () => {
    const share: ShareSpec = {
      ...{ name: "x", server: "10.0.0.1", path: "/x", mountOptions: [], default: false },
      ...{ archiveOnDelete: true, pathPattern: "${namespace}-${claim}" },
      reclaimPolicy: "Delete",
    };
    assert.deepEqual(shareStorageClass("csi-driver-nfs", share).parameters, {
      ...{ server: "10.0.0.1", share: "/x", onDelete: "archive" },
      subDir: "${pvc.metadata.namespace}-${pvc.metadata.name}",
    });
    assert.deepEqual(shareStorageClass("nfs-subdir-external-provisioner", share).parameters, {
      archiveOnDelete: "true",
      pathPattern: "${.PVC.namespace}-${.PVC.name}",
    });
  });
});
