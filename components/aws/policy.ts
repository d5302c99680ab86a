import { arn } from "./names.ts";
import type { Place } from "./names.ts";

/** A statement of a policy that allows something (IAM, "JSON policy elements"). */
export interface Statement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** What of AWS is known only when it exists. */
export interface Known {
  /** The id of the hosted zone of the stack's hosts. */
  readonly zone: string;
  /** The ARN of the key that encrypts volumes and files. */
  readonly key: string;
  /** The id of the file system for shared volumes. */
  readonly files: string;
}

/** What a consumer may do: known from its role, but for ids of what exists later. */
export type Policy = (place: Place, known: Known) => readonly Statement[];

/** A policy's document. */
export function document(statements: readonly Statement[]): object {
  return { Version: "2012-10-17", Statement: statements };
}

/** A statement that allows actions on resources, under a condition if it has one. */
export function allow(
  Sid: string,
  Action: readonly string[],
  Resource: readonly string[],
  Condition?: Statement["Condition"],
): Statement {
  return { Sid, Effect: "Allow", Action, Resource, ...(Condition && { Condition }) };
}

/** The tag that EKS and the CSI drivers give to what belongs to a cluster. */
export const ownTag = ({ name }: Place) => `kubernetes.io/cluster/${name}`;

/** The condition that a resource belongs to the stack's cluster. */
export const owned = (place: Place) => ({ StringEquals: { [`aws:ResourceTag/${ownTag(place)}`]: "owned" } });

/** Who may assume a role: pods, by the agent of EKS Pod Identity, in one account's clusters. */
export function podTrust(place: Place): object {
  return trust(["pods.eks.amazonaws.com"], ["sts:AssumeRole", "sts:TagSession"], {
    StringEquals: { "aws:SourceAccount": place.account },
    ArnEquals: { "aws:SourceArn": arn(place, "eks", `cluster/${place.name}`) },
  });
}

/** Who may assume a role: services of AWS. */
export function trust(services: readonly string[], actions: readonly string[], conditions?: object): object {
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: services },
        Action: actions,
        ...(conditions && { Condition: conditions }),
      },
    ],
  };
}
