import type * as pulumi from "@pulumi/pulumi";
import type { ChartSource } from "../../components/kit/catalogue.ts";
import type { ObjectFile } from "../../components/midpoint/objects.ts";
import type { WorkflowObject } from "../../components/workflows/templates.ts";
import type { SiteFile } from "../../components/matrix/static-site.ts";
import type { Problem } from "./problems.ts";
import type { ParsedSettings } from "./schema.ts";

/** The settings of a stack: checked, with every default, immutable. */
export interface Settings extends ParsedSettings {
  readonly stack: string;
  readonly chartSource: ChartSource;
  /** The files of `midpoint.objects`, by name. */
  readonly midpointObjects: readonly ObjectFile[];
  /** The files of `matrix.site`, by name. */
  readonly matrixSite: readonly SiteFile[];
  /** The objects of `workflows.templates`, by kind and name. */
  readonly workflowObjects: readonly WorkflowObject[];
  /** The digests of `images.lock`, by upstream image as `registry/repository:tag`. */
  readonly imageDigests: Readonly<Record<string, string>>;
  /** The secrets that the user keeps encrypted in the stack's configuration, by name. */
  readonly secrets: Readonly<Record<string, pulumi.Output<string>>>;
  /** Problems of names that a program of the user's own may create: errors where it does not. */
  readonly unsolved: readonly Problem[];
  /** Problems that do not stop the program. */
  readonly warnings: readonly Problem[];
}
