import type { types } from "@pulumi/kubernetes";
import { priorities } from "../kit/priority.ts";
import type { Access } from "./access.ts";
import { tokenSecret } from "./access.ts";
import type { ProcessingShape } from "./shape.ts";

type PolicySpec = types.input.admissionregistration.v1.ValidatingAdmissionPolicySpec;

/** A string of CEL: names of labels, accounts and Secrets contain neither quotes nor backslashes. */
const quoted = (text: string) => `'${text}'`;
const listed = (texts: readonly string[]) => `[${texts.map(quoted).join(", ")}]`;

/**
 * What the API server refuses in the namespace of workflows (Kubernetes, "Validating Admission Policy"). A user who may submit
 * workflows chooses nodes, priority and service account of their pods: defaults alone do not keep processing on its nodes.
 *
 * @param all the accounts of users, which pods must not get
 */
export function processingPolicy(
  { namespace, nodeSelector }: Pick<ProcessingShape, "namespace" | "nodeSelector">,
  all: readonly Pick<Access, "name">[],
): PolicySpec {
  const labels = Object.entries(nodeSelector);
  const accounts = listed(all.map(({ name }) => name));
  const tokens = listed(all.map(({ name }) => tokenSecret(name)));
  const selects = labels.map(
    ([key, value]) =>
      `${quoted(key)} in object.spec.nodeSelector && object.spec.nodeSelector[${quoted(key)}] == ${quoted(value)}`,
  );
  const wanted = labels.map(([key, value]) => `${key}=${value}`).join(",");
  const names = (field: string, name: string) =>
    `has(${field}) && has(${field}.${name}) && ${field}.${name} in ${tokens}`;
  return {
    failurePolicy: "Fail",
    // With the API server's defaults: it writes the object again at the next apply where one of them is missing.
    matchConstraints: {
      matchPolicy: "Equivalent",
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
      objectSelector: {},
      resourceRules: [
        { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"], scope: "*" },
      ],
    },
    variables: [
      {
        name: "containers",
        expression: "object.spec.containers + (has(object.spec.initContainers) ? object.spec.initContainers : [])",
      },
    ],
    validations: [
      ...(labels.length === 0
        ? []
        : [
            {
              expression: ["has(object.spec.nodeSelector)", ...selects].join(" && "),
              message: `pods of workflows run on the nodes for processing only: their nodeSelector must contain ${wanted}`,
            },
            {
              expression: "!has(object.spec.nodeName) || object.spec.nodeName == ''",
              message: "pods of workflows cannot choose a node by its name, which bypasses the scheduler",
            },
          ]),
      {
        // The admission plugin for priorities has already set the number.
        expression: `!has(object.spec.priority) || object.spec.priority < ${priorities.applications.value}`,
        message: `pods of workflows must not displace the platform's: their priority must be below ${priorities.applications.value}`,
      },
      {
        expression: `!has(object.spec.serviceAccountName) || !(object.spec.serviceAccountName in ${accounts})`,
        message: "pods of workflows cannot use the accounts with which the server acts for users",
      },
      {
        expression: [
          "!has(object.spec.volumes) || object.spec.volumes.all(v,",
          `!(${names("v.secret", "secretName")}) &&`,
          "!(has(v.projected) && has(v.projected.sources) &&",
          `v.projected.sources.exists(s, ${names("s.secret", "name")})))`,
        ].join(" "),
        message: "pods of workflows cannot mount the tokens of these accounts",
      },
      {
        expression: [
          "variables.containers.all(c, (!has(c.env) || c.env.all(e,",
          `!(has(e.valueFrom) && ${names("e.valueFrom.secretKeyRef", "name")}))) &&`,
          `(!has(c.envFrom) || c.envFrom.all(f, !(${names("f.secretRef", "name")}))))`,
        ].join(" "),
        message: "pods of workflows cannot read the tokens of these accounts into variables",
      },
    ],
  };
}
