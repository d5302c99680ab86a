import { declaredApplications } from "../declared.ts";
import { namespacesOf } from "../derive.ts";
import { nearest, shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import type { Violation } from "./violation.ts";

/**
 * Connections to a namespace that the stack does not create, where its name is almost that of one that it does: policies would allow
 * traffic to pods that do not exist. Other namespaces may belong to the cluster, or to another stack.
 */
export function connectionNamespaces(settings: ParsedSettings): Violation[] {
  const declared = [
    ...Object.entries(settings.namespaces).map(([name, { connections }]) => ({
      path: ["namespaces", name],
      connections,
    })),
    ...declaredApplications(settings).map(({ application, path }) => ({ path, connections: application.connections })),
  ].flatMap(({ connections, path }) =>
    connections.flatMap((connection, index) =>
      connection.kind === "namespace"
        ? [{ path: [...path, "connections", index, "namespace"], namespace: connection.namespace }]
        : [],
    ),
  );
  if (declared.length === 0) return [];
  const names = namespacesOf(settings).map(({ name }) => name);
  return declared.flatMap(({ namespace, path }): Violation[] => {
    const near = names.includes(namespace) ? undefined : nearest(namespace, names);
    if (near === undefined) return [];
    return [
      {
        path,
        severity: "warning",
        message: "the stack has no namespace of this name",
        got: shown(namespace),
        accepts: `a namespace of the stack, such as ${near}, or one that something else creates`,
        fix: { set: near },
        relies: [["namespaces"]],
      },
    ];
  });
}
