import { object, one, podOf, release } from "../draft.ts";
import type { Draft, Loose } from "../draft.ts";
import { after, definition } from "../good.ts";
import type { Case } from "./case.ts";

const secure = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
const tile = (more: object = {}): Loose => ({
  name: "tile",
  container: { image: "docker.io/example/tile:1.2.3", command: ["tile"] },
  ...more,
});
const mosaic = "WorkflowTemplate app/mosaic";

/** Argo Workflows with one template. @param taints of the nodes for processing */
function argo(draft: Draft, templates: Loose[], more: object = {}, taints: object[] = [{ key: "spot" }]): void {
  draft.releases.push(
    release("app", "argo", "argo-workflows", {
      mainContainer: { securityContext: secure },
      controller: {
        workflowDefaults: {
          spec: {
            nodeSelector: { disk: "fast" },
            tolerations: taints,
            securityContext: { runAsNonRoot: true, runAsUser: 8737, seccompProfile: { type: "RuntimeDefault" } },
          },
        },
      },
    }),
  );
  draft.objects.push(
    definition("argoproj.io", "WorkflowTemplate"),
    object(
      "argoproj.io/v1alpha1",
      "WorkflowTemplate",
      "app/mosaic",
      { spec: { entrypoint: "tile", templates, ...more } },
      after("app/operator"),
    ),
  );
}

/** Cases of plan/checks/workflows.ts. */
export const workflowCases: readonly Case[] = [
  {
    id: "GP155",
    name: "a template with nodes of its own, and a workflow that adds a label",
    when: (draft) =>
      argo(draft, [tile({ nodeSelector: { pool: "system" } }), { ...tile(), name: "other" }], {
        nodeSelector: { size: "large" },
      }),
    finds: [[mosaic, /selects other nodes in the template tile, without disk=fast/]],
  },
  {
    id: "GP156",
    name: "nodes for processing without a taint",
    when: (draft) => {
      argo(draft, [tile()], {}, []);
      // A label with another value keeps these away.
      for (const name of ["Deployment app/logs", "StatefulSet app/mongo"])
        Object.assign(podOf(draft, name), { nodeSelector: { pool: "system", disk: "slow" } });
      one(draft, "Cluster app/db").manifest.spec.affinity.nodeSelector.disk = "slow";
    },
    finds: [["Deployment app/web", /can run on the nodes for processing: .* those with disk=fast/]],
    // No node group of the plan has the other label.
    also: ["GP042"],
  },
  {
    id: "GP156",
    name: "a pod that tolerates their taint",
    when: (draft) => {
      argo(draft, [tile()], {}, [{ key: "spot", value: "yes", effect: "NoSchedule" }]);
      Object.assign(podOf(draft, "Deployment app/web"), { tolerations: [{ key: "spot", operator: "Exists" }] });
      Object.assign(podOf(draft, "Deployment app/logs"), { tolerations: [{ key: "spot", value: "no" }] });
    },
    finds: [["Deployment app/web", /can run on the nodes for processing/]],
  },
  {
    id: "GP157",
    name: "a sidecar without a security context, and a container that is root",
    when: (draft) =>
      argo(draft, [
        tile({ sidecars: [{ name: "proxy", image: "docker.io/example/proxy:1.2.3", command: ["proxy"] }] }),
        { name: "root", script: { image: "docker.io/example/tile:1.2.3", securityContext: { runAsUser: 0 } } },
      ]),
    finds: [
      [mosaic, /runs as user 0 in the template root/],
      [mosaic, /allowPrivilegeEscalation is not false in the template tile/],
      [mosaic, /does not drop ALL capabilities in the template tile/],
    ],
  },
  {
    id: "GP158",
    name: "a template of another object, and a service account, that do not exist",
    when: (draft) =>
      argo(draft, [
        tile({ serviceAccountName: "tiles" }),
        {
          name: "all",
          steps: [
            [{ name: "one", templateRef: { name: "mosaic", template: "tile" } }],
            [{ name: "two", templateRef: { name: "mosaics", template: "tile" } }],
            [{ name: "three", templateRef: { name: "{{inputs.parameters.name}}", template: "tile" } }],
          ],
        },
      ]),
    finds: [
      [mosaic, /refers to the ServiceAccount tiles, which is missing in the plan/],
      [mosaic, /refers to the WorkflowTemplate mosaics, which is missing in the plan/],
    ],
  },
];
