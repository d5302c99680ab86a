// How the images of a stack are made where no registry can be asked: by repository, from packages.
import { fail } from "node:assert/strict";
import { join } from "node:path";
import { program, resticProgram } from "../backup/deployed.ts";
import { goFile } from "./programs.ts";
import type { Recipe, Recipes } from "./images.ts";
import { loginImages } from "./recipes/login.ts";
import { alone, fileOf, packages } from "./recipes/packages.ts";
import { postgresImages } from "./recipes/postgres.ts";

const here = import.meta.dirname;

const recipes: Recipes = {
  ...postgresImages,
  ...loginImages,
  restic: () => ({
    packages,
    files: { "usr/bin/restic": fileOf(resticProgram(), "restic 0.17 or later is missing") },
    entrypoint: ["/usr/bin/restic"],
  }),
  versitygw: () => ({
    packages,
    files: { "usr/bin/versitygw": fileOf(program("versitygw"), "versitygw is missing") },
    entrypoint: ["/usr/bin/versitygw"],
  }),
  // Programs of components, by the Node of the tests.
  node: () => ({ packages, files: { "usr/bin/node": process.execPath } }),
  wiki: () => ({ packages }),
  probe: () => alone(goFile(join(here, "probe.go"))),
  ...Object.fromEntries(
    ["controller", "webhook", "cainjector", "startupapicheck"].map((part) => [
      `cert-manager-${part}`,
      (version: string) => alone(certManager(version), ...(part === "startupapicheck" ? [] : [part])),
    ]),
  ),
};

/** cert-manager's programs in one, compiled as a part of cert-manager's module, whose internal packages it uses. */
function certManager(version: string): string {
  const module = "github.com/cert-manager/cert-manager";
  return goFile(join(here, "cert-manager.go"), `${module}/groundplan-test`, `${module}@${version}`);
}

/** Whether there is a recipe for an image. */
export function isKnown(image: string): boolean {
  return repositoryOf(image) in recipes;
}

/**
 * How to make an image; builds the programs that it needs.
 * @throws Error where there is no recipe
 */
export function recipeOf(image: string): Recipe {
  const recipe = recipes[repositoryOf(image)] ?? fail(`no recipe for ${image}`);
  return recipe(/:([^/:@]+)(@|$)/.exec(image)?.[1] ?? "");
}

/** The last part of a repository's name. */
function repositoryOf(image: string): string {
  return /([^/:@]+)(:[^/:@]+)?(@.*)?$/.exec(image)?.[1] ?? "";
}
