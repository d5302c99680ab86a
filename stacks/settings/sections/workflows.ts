import { z } from "zod";
import * as formats from "../formats.ts";
import { byProfile, key } from "../key.ts";
import type { Profile } from "../key.ts";
import { toleration } from "./foundation.ts";
import { group } from "./grafana.ts";

const restarts = "Restarts the controller and the server.";
const nextLogin = "Takes effect at a user's next request.";
const nextWorkflow = "Affects new pods of workflows.";

/** Argo Workflows: a server, a controller, and the namespace of the workflows. */
export function workflowsSection(profile: Profile) {
  const sized = <T>(prod: T, dev: T) => byProfile(profile, { prod, dev });
  return {
    workflows: key(
      z
        .strictObject({
          enabled: key(z.boolean().default(false), {
            is: "Whether the stack runs Argo Workflows (docs/argo-workflows.md).",
            changing:
              "Turning it off deletes the server, the controller, the templates of the folder and the namespaces, with all workflows. The CRDs and the archive's database are kept.",
          }),
          host: key(formats.plainHost().default("workflows"), {
            is: "The host name of the server, where users log in at Keycloak.",
            changing: "Creates a new host name and certificate. The old host name stops working.",
          }),
          namespace: key(formats.shortName().default("argo-system"), {
            is: "The namespace of the server and the controller.",
            changing: restarts,
          }),
          replicas: key(z.number().int().min(1).max(9).default(sized(2, 1)), {
            is: "Number of replicas of the server, and of the controller. One controller works, the others wait for its lease.",
            unit: "pods",
            changing: "Adds or removes replicas.",
          }),
          resources: key(
            z
              .strictObject({
                controller: key(
                  formats.resources(
                    sized(
                      { cpu: "250m", memory: "256Mi", memoryLimit: "1Gi" },
                      { cpu: "50m", memory: "128Mi", memoryLimit: "512Mi" },
                    ),
                    "controller",
                  ),
                  { is: "Requests and limits of the controller.", changing: restarts },
                ),
                server: key(
                  formats.resources(
                    sized(
                      { cpu: "100m", memory: "128Mi", memoryLimit: "512Mi" },
                      { cpu: "20m", memory: "64Mi", memoryLimit: "256Mi" },
                    ),
                    "server",
                  ),
                  { is: "Requests and limits of the server.", changing: restarts },
                ),
              })
              .prefault({}),
            { is: "Requests and limits of the controller and the server." },
          ),
          adminGroups: key(z.array(group()).default(["admin"]), {
            is: "Groups of the identity provider whose members can change everything in the namespace of the workflows, templates and schedules included.",
            changing: nextLogin,
            accepts: "a list of names of groups",
          }),
          editorGroups: key(z.array(group()).default([]), {
            is: "Groups whose members can submit, stop, retry and delete workflows. All other users of the client `workflows` can only view them.",
            changing: nextLogin,
            accepts: "a list of names of groups",
          }),
          archive: key(formats.duration().default(sized("180d", "14d")), {
            is: "How long finished workflows stay in the archive, a database on the stack's PostgreSQL. Logs and artifacts stay in the bucket.",
            changing: "A shorter one deletes entries.",
          }),
          connections: key(z.number().int().min(2).max(100).default(sized(10, 5)), {
            is: "Maximum number of database connections of each replica.",
            changing: restarts,
          }),
          templates: key(formats.relativePath().optional(), {
            is: "A folder, relative to the project, with WorkflowTemplates and CronWorkflows in files that end in `.yaml`.",
            unset: "Templates are created in Argo only.",
            changing: "Objects of changed files are updated; those of removed files are deleted.",
          }),
          onlyTemplates: key(z.boolean().default(false), {
            is: "Whether users can submit only WorkflowTemplates, and no workflows of their own (`templateReferencing: Strict`).",
            changing: "Affects new workflows.",
          }),
          objectStoreCa: key(z.enum(["public", "trust"]).default("public"), {
            is: "Who has issued the certificate of the object store: a public CA, or one of `certificates.trust`. For artifacts, Argo trusts either one or the other.",
            changing: nextWorkflow,
          }),
          processing: key(processing(profile).prefault({}), {
            is: "The workflows: their namespace, nodes and limits.",
          }),
        })
        .prefault({}),
      { is: "Argo Workflows, which runs the steps of a workflow as pods." },
    ),
  };
}

function processing(profile: Profile) {
  const sized = <T>(prod: T, dev: T) => byProfile(profile, { prod, dev });
  const bound = "Running pods stay. New pods beyond the limit wait.";
  return z.strictObject({
    namespace: key(formats.shortName().default("argo"), {
      is: "The namespace of workflows and their pods. Nothing else of the stack runs there.",
      changing: "Workflows of the old namespace are deleted with it.",
    }),
    nodeSelector: key(z.record(formats.labelKey(), formats.labelValue()).optional(), {
      is: "Labels of the nodes for processing. An admission policy refuses other pods in the namespace. With an empty object, which only dev accepts, workflows run on any node.",
      unset: "The labels of `aws.processing`. Required without it.",
      changing: nextWorkflow,
      accepts: "an object of node labels; values must be strings",
    }),
    tolerations: key(z.array(toleration()).optional(), {
      is: "Taints of the nodes for processing that the pods of workflows tolerate.",
      unset: "The taint of `aws.processing`, or none.",
      changing: nextWorkflow,
      accepts: "a list of tolerations",
    }),
    runAs: key(
      z
        .strictObject({
          user: key(z.number().int().min(1).max(2_147_483_647).default(8737), {
            is: "The user ID of the containers of workflows, unless a template sets another one. 8737 is that of Argo's own images.",
            changing: nextWorkflow,
          }),
          group: key(z.number().int().min(1).max(2_147_483_647).default(8737), {
            is: "The group ID of these containers, and of the files in their volumes.",
            changing: nextWorkflow,
          }),
        })
        .prefault({}),
      { is: "The account of the containers of workflows." },
    ),
    resources: key(formats.resources({ cpu: "100m", memory: "256Mi", memoryLimit: "1Gi" }, "workflow"), {
      is: "Requests and limit of a container that sets none.",
      changing: nextWorkflow,
    }),
    deadline: key(formats.duration().default("1d"), {
      is: "How long a workflow can run before it is stopped, unless it sets another `activeDeadlineSeconds`.",
      changing: "Affects new workflows.",
    }),
    keep: key(formats.duration().default("1d"), {
      is: "How long a finished workflow stays in the cluster, unless it sets another `ttlStrategy`. The archive keeps it longer.",
      changing: "Affects new workflows.",
    }),
    parallelism: key(z.number().int().min(1).max(10_000).default(sized(50, 5)), {
      is: "Maximum number of workflows that run at the same time. Others wait.",
      unit: "workflows",
      changing: "Running workflows stay.",
    }),
    quota: key(
      z
        .strictObject({
          cpu: key(formats.cpu().default(sized("200", "4")), {
            is: "Maximum sum of the CPU requests of all pods of workflows.",
            unit: "cores",
            changing: bound,
          }),
          memory: key(formats.bytes().default(sized("800Gi", "8Gi")), {
            is: "Maximum sum of their memory requests.",
            changing: bound,
          }),
          storage: key(formats.bytes().default(sized("1Ti", "20Gi")), {
            is: "Maximum sum of the sizes of PersistentVolumeClaims of workflows.",
            changing: "Existing claims stay.",
          }),
          pods: key(z.number().int().min(1).max(100_000).default(sized(500, 20)), {
            is: "Maximum number of pods, finished ones that are not deleted yet included.",
            unit: "pods",
            changing: bound,
          }),
        })
        .prefault({}),
      { is: "Limits of the namespace (ResourceQuota)." },
    ),
  });
}
