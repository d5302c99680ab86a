import { Role } from "@pulumi/kubernetes/rbac/v1/role.js";
import { RoleBinding } from "@pulumi/kubernetes/rbac/v1/roleBinding.js";
import type { ChildOptions, Component } from "./component.ts";

/** One rule of a Role (Kubernetes API, "PolicyRule"). */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** A name in a namespace. */
interface Place {
  readonly name: string;
  readonly namespace: string;
}

/**
 * Gives a service account rights in a namespace.
 * @param role the first part of the logical names of both objects, `ROLE-role` and `ROLE-binding`
 * @param place of the Role and its binding
 * @param options of both
 * @returns the binding, which waits for the Role
 */
export function grant(
  owner: Component,
  role: string,
  place: Place,
  account: Place,
  rules: readonly Rule[],
  options: ChildOptions = {},
): RoleBinding {
  const given = rules.map(({ apiGroups, resourceNames, resources, verbs }) => ({
    apiGroups: [...apiGroups],
    resources: [...resources],
    ...(resourceNames && { resourceNames: [...resourceNames] }),
    verbs: [...verbs],
  }));
  const made = owner.object(Role, `${role}-role`, place, { rules: given }, options);
  return owner.object(
    RoleBinding,
    `${role}-binding`,
    place,
    {
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: place.name },
      subjects: [{ kind: "ServiceAccount", name: account.name, namespace: account.namespace }],
    },
    { ...options, dependsOn: [...(options.dependsOn ?? []), made] },
  );
}
