import { z } from "zod";
import * as formats from "../formats.ts";
import { key } from "../key.ts";

const planOnly = "Nothing that runs: only plans read it.";

/** What a plan is held against: exemptions from checks, data that may be lost, prices and a budget. */
export function reviewSection() {
  const price = (what: string) =>
    key(z.number().min(0).max(1_000_000).default(0), {
      is: `Price of ${what}.`,
      unit: "in `prices.currency`",
      changing: planOnly,
    });
  return {
    exemptions: key(z.array(exemption()).default([]), {
      is: "Findings of checks that are accepted for a while.",
      left: "None: every finding is shown.",
      changing: planOnly,
      accepts: "a list of exemptions with check, object, reason and until",
    }),
    allowDataLoss: key(z.array(formats.plainText(300, "Namespace sysdb")).default([]), {
      is: "What a change may delete or replace although it holds data, as a refused plan names it: `PersistentVolume rdm-data`.",
      left: "Nothing: a change that would lose data is refused.",
      changing: "Take an entry out once the change is done: it would allow the next loss as well.",
      accepts: 'a list of names as a refused plan prints them, such as ["Namespace sysdb"]',
    }),
    expectedDifferences: key(z.array(expectedDifference()).default([]), {
      is: "Differences from another stack that are meant to be: `npm run plan -- --with STACK` counts and does not list them.",
      left: "None: every difference is listed.",
      changing: planOnly,
      accepts: "a list of differences with object and reason, and path where one is meant",
    }),
    prices: key(
      z
        .strictObject({
          currency: key(formats.formed(/^[A-Z]{3}$/, 'a currency code, such as "EUR"', "EUR").default("EUR"), {
            is: "The currency of the prices (ISO 4217).",
            changing: planOnly,
          }),
          cpuHour: price("one core that pods ask for, by the hour"),
          memoryGibHour: price("one GiB of memory that pods ask for, by the hour"),
          storageGibMonth: key(
            z
              .strictObject({
                fast: price("one GiB on the class `fast`, by the month"),
                bulk: price("one GiB on the class `bulk`, by the month"),
                shared: price("one GiB on the class `shared`, by the month"),
              })
              .prefault({}),
            { is: "Prices of claims, by the role of their storage class.", changing: planOnly },
          ),
          loadBalancerMonth: price("one load balancer, by the month"),
        })
        .optional(),
      { is: "Prices, for the plan's estimate of what the stack costs.", left: "No estimate.", changing: planOnly },
    ),
    budget: key(z.number().min(0).max(1e9).optional(), {
      is: "The most that the stack may cost by the month; a plan above it fails.",
      unit: "in `prices.currency`",
      left: "No bound.",
      changing: planOnly,
    }),
  };
}

function exemption() {
  return z.strictObject({
    check: key(formats.formed(/^GP[0-9]{3}$/, 'the id of a check, such as "GP012"', "GP012"), {
      is: "The check's id.",
      left: "An error.",
      changing: planOnly,
    }),
    object: key(formats.plainText(300, "Deployment sysdb/pgsqlha-pgpool"), {
      is: "The object as the finding names it, such as `Deployment sysdb/pgsqlha-pgpool`; `*` at the end stands for any rest.",
      left: "An error.",
      changing: planOnly,
    }),
    reason: key(formats.plainText(300, "fixed in the next release", 10), {
      is: "Why it is accepted.",
      left: "An error.",
      changing: planOnly,
    }),
    until: key(
      formats.formed(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, 'a date, such as "2027-03-31"', "2027-03-31"),
      {
        is: "The last day on which it counts.",
        left: "An error: nothing is accepted for ever.",
        changing: planOnly,
      },
    ),
  });
}

function expectedDifference() {
  return z.strictObject({
    object: key(formats.plainText(300, "Release sysdb/pgsqlha"), {
      is: "What differs as the plan names it, such as `setting` or `Release sysdb/pgsqlha`; `*` at the end stands for any rest.",
      left: "An error.",
      changing: planOnly,
    }),
    path: key(formats.plainText(300, "postgresql.replicas").optional(), {
      is: "The path of the difference as the plan shows it; `*` at the end stands for any rest.",
      left: "Every difference of the object.",
      changing: planOnly,
    }),
    reason: key(formats.plainText(300, "dev runs on one node", 10), {
      is: "Why the stacks differ.",
      left: "An error.",
      changing: planOnly,
    }),
  });
}

/** A group of like nodes, for the plan's sums. */
export function nodeGroup() {
  return z.strictObject({
    name: key(formats.name(), { is: "The group's name.", left: "An error.", changing: planOnly }),
    nodes: key(z.number().int().min(1).max(10_000), { is: "Nodes in it.", left: "An error.", changing: planOnly }),
    cpu: key(formats.cpu(), { is: "CPU that pods can have on one node.", left: "An error.", changing: planOnly }),
    memory: key(formats.bytes(), {
      is: "Memory that pods can have on one node.",
      left: "An error.",
      changing: planOnly,
    }),
    labels: key(z.record(formats.labelKey(), formats.labelValue()).default({}), {
      is: "Its nodes' labels.",
      changing: planOnly,
      accepts: "an object of labels, all values as text",
    }),
  });
}
