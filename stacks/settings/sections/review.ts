import { z } from "zod";
import * as formats from "../formats.ts";
import { key } from "../key.ts";

const planOnly = "Affects plans only.";

/** Settings that affect plans only: exemptions from checks, accepted data loss, prices and a budget. */
export function reviewSection() {
  const price = (what: string) =>
    key(z.number().min(0).max(1_000_000).default(0), {
      is: `Price of ${what}.`,
      unit: "in `prices.currency`",
      changing: planOnly,
    });
  return {
    exemptions: key(z.array(exemption()).default([]), {
      is: "Findings of checks that are accepted until a date.",
      unset: "Every finding is reported.",
      changing: planOnly,
      accepts: "a list of exemptions with check, object, reason and until",
    }),
    allowDataLoss: key(z.array(formats.plainText(300, "Namespace sysdb")).default([]), {
      is: "Objects that a change may delete or replace although they hold data, as a refused plan prints them: `PersistentVolume rdm-data`.",
      unset: "A change that would lose data is refused.",
      changing: "Remove an entry after the change, because it would also allow the next data loss.",
      accepts: 'a list of names as a refused plan prints them, such as ["Namespace sysdb"]',
    }),
    expectedDifferences: key(z.array(expectedDifference()).default([]), {
      is: "Expected differences from another stack. The plan with `--with STACK` counts them but does not list them.",
      unset: "Every difference is listed.",
      changing: planOnly,
      accepts: "a list of differences with object, reason and optionally path",
    }),
    prices: key(
      z
        .strictObject({
          currency: key(formats.formed(/^[A-Z]{3}$/, 'a currency code, such as "EUR"', "EUR").default("EUR"), {
            is: "The currency of the prices (ISO 4217).",
            changing: planOnly,
          }),
          cpuHour: price("one requested CPU core per hour"),
          memoryGibHour: price("one GiB of requested memory per hour"),
          storageGibMonth: key(
            z
              .strictObject({
                fast: price("one GiB of storage with the role `fast` per month"),
                bulk: price("one GiB of storage with the role `bulk` per month"),
                shared: price("one GiB of storage with the role `shared` per month"),
              })
              .prefault({}),
            { is: "Prices of PersistentVolumeClaims, by storage role.", changing: planOnly },
          ),
          loadBalancerMonth: price("one load balancer per month"),
        })
        .optional(),
      {
        is: "Prices for the cost estimate in the plan, which counts what pods request. In AWS, they replace the estimate of what the stack creates there (docs/aws.md).",
        unset: "Plans have no estimate, unless the stack creates its cluster in AWS.",
        changing: planOnly,
      },
    ),
    budget: key(z.number().min(0).max(1e9).optional(), {
      is: "The maximum cost of the stack per month. A plan above it fails.",
      unit: "in `prices.currency`; without `prices`, in USD",
      unset: "The cost is not limited.",
      changing: planOnly,
    }),
  };
}

function exemption() {
  return z.strictObject({
    check: key(formats.formed(/^GP[0-9]{3}$/, 'the ID of a check, such as "GP012"', "GP012"), {
      is: "The ID of the check.",
      changing: planOnly,
    }),
    object: key(formats.plainText(300, "Deployment sysdb/pgsqlha-pgpool"), {
      is: "The object as the finding prints it, such as `Deployment sysdb/pgsqlha-pgpool`. A `*` at the end matches any suffix.",
      changing: planOnly,
    }),
    reason: key(formats.plainText(300, "fixed in the next release", 10), {
      is: "Why the finding is accepted.",
      changing: planOnly,
    }),
    until: key(
      formats.formed(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, 'a date, such as "2027-03-31"', "2027-03-31"),
      {
        is: "The last day on which the exemption applies.",
        changing: planOnly,
      },
    ),
  });
}

function expectedDifference() {
  return z.strictObject({
    object: key(formats.plainText(300, "Release sysdb/pgsqlha"), {
      is: "The object as the plan prints it, such as `setting` or `Release sysdb/pgsqlha`. A `*` at the end matches any suffix.",
      changing: planOnly,
    }),
    path: key(formats.plainText(300, "postgresql.replicas").optional(), {
      is: "The path of the difference as the plan prints it. A `*` at the end matches any suffix.",
      unset: "Every difference of the object is expected.",
      changing: planOnly,
    }),
    reason: key(formats.plainText(300, "dev runs on one node", 10), {
      is: "Why the stacks differ.",
      changing: planOnly,
    }),
  });
}

/** A group of identical nodes, for the sums in a plan. */
export function nodeGroup() {
  return z.strictObject({
    name: key(formats.name(), { is: "The group's name.", changing: planOnly }),
    nodes: key(z.number().int().min(1).max(10_000), { is: "Number of nodes in the group.", changing: planOnly }),
    cpu: key(formats.cpu(), { is: "Allocatable CPU of one node.", changing: planOnly }),
    memory: key(formats.bytes(), {
      is: "Allocatable memory of one node.",
      changing: planOnly,
    }),
    labels: key(z.record(formats.labelKey(), formats.labelValue()).default({}), {
      is: "Labels of the nodes.",
      changing: planOnly,
      accepts: "an object of labels; values must be strings",
    }),
  });
}
