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
    ...Object.entries(settings.namespaces).map(([name, one]) => ({ path: ["namespaces", name], ...one })),
    ...declaredApplications(settings).map(({ application, path }) => ({ path, connections: application.connections })),
  ];
  const names = namespacesOf(settings).map(({ name }) => name);
  return declared.flatMap(({ connections, path }) =>
    connections.flatMap((connection, index): Violation[] => {
      if (connection.kind !== "namespace" || names.includes(connection.namespace)) return [];
      const near = nearest(connection.namespace, names);
      if (near === undefined) return [];
      return [
        {
          path: [...path, "connections", index, "namespace"],
          severity: "warning",
          message: "the stack has no namespace of this name",
          got: shown(connection.namespace),
          accepts: `a namespace of the stack, such as ${near}, or one that something else creates`,
          fix: { set: near },
          relies: [["namespaces"]],
        },
      ];
    }),
  );
}
