import type * as pulumi from "@pulumi/pulumi";
import type { Platform } from "./platform.ts";

/** Stack outputs of a program's own, by name. */
export type Outputs = Readonly<Record<string, pulumi.Input<unknown>>>;

/** A program of one's own: it runs once, after the platform's components. What it returns becomes outputs of the stack. */
export type Extension<Own extends Outputs | void = Outputs | void> = (platform: Platform) => Own;
