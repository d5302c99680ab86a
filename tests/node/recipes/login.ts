// Keycloak, the program of its realm's Job, the login of applications and a gateway.
import { fail } from "node:assert/strict";
import { join } from "node:path";
import { configCliProgram, keycloakDistribution } from "../../keycloak/programs.ts";
import type { Recipe, Recipes } from "../images.ts";
import { echoScript } from "../application.ts";
import { goModule } from "../programs.ts";
import { alone, packages } from "./packages.ts";

/** Java's programs: one file system, which no other image needs. */
const java = ["openjdk-17-jre-headless"];

/** The user of Keycloak's image, which may write to its folder. */
const owner = "1000:0";

/** In place of a fork and of a part of Traefik's repository that no module proxy has. */
const traefikReplacements = [
  ["github.com/abbot/go-http-auth", "auth"],
  ["github.com/traefik/traefik/dynamic/ext", "ext"],
].map(([module = "", folder = ""]) => `${module}=${join(import.meta.dirname, "..", "traefik", folder)}`);

function keycloak(version: string): Recipe {
  return {
    packages: java,
    files: { "opt/keycloak": keycloakDistribution(version) ?? fail(`no Keycloak ${version}: docs/testing-node.md`) },
    owner,
    entrypoint: ["/opt/keycloak/bin/kc.sh"],
    user: "1000",
  };
}

function configCli(): Recipe {
  return {
    packages: java,
    files: {
      "app/keycloak-config-cli.jar": configCliProgram() ?? fail("no keycloak-config-cli: docs/testing-node.md"),
    },
    entrypoint: ["/bin/sh", "-c", "exec java $JAVA_OPTS -jar /app/keycloak-config-cli.jar"],
    user: "1001",
  };
}

export const loginImages: Recipes = {
  // An application without a login of its own.
  echo: () => ({ packages, scripts: { serve: `#!/bin/bash\n${echoScript(8080)}` }, entrypoint: ["/serve"] }),
  keycloak,
  "keycloak-config-cli": configCli,
  "oauth2-proxy": (version) => alone(goModule("github.com/oauth2-proxy/oauth2-proxy/v7", version, ".")),
  traefik: (version) =>
    alone(goModule("github.com/traefik/traefik/v3", version, "./cmd/traefik", ...traefikReplacements)),
};
