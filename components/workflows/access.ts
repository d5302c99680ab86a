import type { GroupRole } from "../kit/ledger.ts";
import type { Rule } from "../kit/rights.ts";
import type { WorkflowsShape } from "./shape.ts";

const read = ["get", "list", "watch"] as const;
const write = ["create", "update", "patch", "delete", "deletecollection"] as const;

function core(resources: readonly string[], verbs: readonly string[], resourceNames?: readonly string[]): Rule {
  return { apiGroups: [""], resources, ...(resourceNames && { resourceNames }), verbs };
}

function argo(resources: readonly string[], verbs: readonly string[]): Rule {
  return { apiGroups: ["argoproj.io"], resources, verbs };
}

/** The kinds with their subresource for finalizers. */
function finalized(kinds: readonly string[]): string[] {
  return kinds.flatMap((kind) => [kind, `${kind}/finalizers`]);
}

/**
 * What the controller needs where workflows run (chart argo-workflows 1.0.18, `workflow-controller-cluster-roles.yaml`): the chart
 * gives the same to it in its own namespace, or in all.
 */
export const controllerRules: readonly Rule[] = [
  core(["pods"], [...read, "create", "update", "patch", "delete"]),
  core(["pods/exec"], ["create"]),
  core(["configmaps"], read),
  core(["persistentvolumeclaims", "persistentvolumeclaims/finalizers"], ["create", "update", "delete", "get"]),
  core(["events"], ["create", "patch"]),
  core(["serviceaccounts"], ["get", "list"]),
  argo(
    [...finalized(["workflows", "workflowtasksets"]), "workflowtasksets/status", "workflowartifactgctasks"],
    [...read, "create", "update", "patch", "delete"],
  ),
  argo(finalized(["workflowtemplates"]), read),
  argo(finalized(["workflowtaskresults"]), ["list", "watch", "deletecollection"]),
  argo(finalized(["cronworkflows"]), [...read, "update", "patch", "delete"]),
  { apiGroups: ["policy"], resources: ["poddisruptionbudgets"], verbs: ["create", "get", "delete"] },
];

/** What the server itself needs there: users act with the accounts of their groups, whose tokens it reads. */
export function serverRules(tokens: readonly string[]): Rule[] {
  return [
    core(["serviceaccounts"], read),
    core(["secrets"], ["get"], tokens),
    core(["configmaps"], read),
    core(["events"], ["create", "patch"]),
    argo(["workflows", "workflowtemplates", "cronworkflows", "workfloweventbindings"], read),
  ];
}

/** What pods of workflows need: they report results (Argo Workflows, "Workflow RBAC"). */
export const workflowRules: readonly Rule[] = [argo(["workflowtaskresults"], ["create", "patch"])];

/** An account with which the server acts for users, and the users that get it. */
export interface Access {
  readonly name: string;
  /** Its role, as people call it. */
  readonly role: string;
  /** Groups of which a user must have one; undefined: every user who can log in. */
  readonly groups?: readonly string[];
  /** Of all accounts whose groups a user has, the highest number wins. */
  readonly precedence: number;
  readonly rules: readonly Rule[];
}

const kinds = ["workflows", "workflowtemplates", "cronworkflows", "workfloweventbindings"];

/**
 * The accounts of a stack's users.
 * @param secrets what the server reads to show artifacts: the names of the bucket's Secrets
 */
export function accesses(
  { adminGroups, editorGroups }: Pick<WorkflowsShape, "adminGroups" | "editorGroups">,
  secrets: readonly string[],
): Access[] {
  const viewing = [
    argo([...kinds, "workflowtaskresults"], read),
    core(["pods", "pods/log", "events"], read),
    ...(secrets.length === 0 ? [] : [core(["secrets"], ["get"], secrets)]),
  ];
  const editing = [...viewing, argo(["workflows"], write), core(["pods"], ["delete"])];
  const changing = [...viewing, argo(kinds, write), core(["pods"], ["delete"])];
  return [
    { name: "workflows-admin", role: "administrator", groups: adminGroups, precedence: 2, rules: changing },
    { name: "workflows-editor", role: "editor", groups: editorGroups, precedence: 1, rules: editing },
    { name: "workflows-viewer", role: "viewer", precedence: 0, rules: viewing },
  ].filter(({ groups }) => groups === undefined || groups.length > 0);
}

/** The Secret with the token of an account (Argo Workflows, "Service Account Secrets"). */
export function tokenSecret(account: string): string {
  return `${account}.service-account-token`;
}

/** The annotations by which the server finds the account of a user (Argo Workflows, "Argo Server SSO", SSO RBAC). */
export function ruleAnnotations({ groups, precedence }: Access): Record<string, string> {
  // Names of groups contain no character that ends a string: the schema of the settings accepts none.
  const rule = groups?.map((group) => `'${group}' in groups`).join(" || ") ?? "true";
  return {
    "workflows.argoproj.io/rbac-rule": rule,
    "workflows.argoproj.io/rbac-rule-precedence": String(precedence),
  };
}

/** The groups that decide; the server forgets the others, which may not fit into its cookie. */
export function groupFilter(all: readonly Access[]): string[] {
  const names = all.flatMap(({ groups = [] }) => groups);
  // Without an expression, it keeps every group.
  return names.length === 0 ? ["^$"] : names.map((group) => `^${group.replaceAll(".", "\\.")}$`);
}

/** The roles that groups give. */
export function groupRoles(all: readonly Access[]): GroupRole[] {
  return all.flatMap(({ groups = [], role }) =>
    groups.map((group) => ({ application: "Argo Workflows", role, group })),
  );
}
