import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { root } from "../stacks.ts";

/** What the engine of a test needs: itself, its language host and the providers of a stack without charts. */
const programs = [
  "pulumi",
  "pulumi-language-nodejs",
  "pulumi-resource-kubernetes",
  "pulumi-resource-random",
  "pulumi-resource-tls",
] as const;

const cached = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "groundplan", "engine");

/** The first program that is neither in the cache of tests nor on PATH; undefined: all are there. */
export function missingProgram(): string | undefined {
  const folders = [cached, ...(process.env["PATH"] ?? "").split(delimiter)];
  return programs.find((name) => !folders.some((folder) => existsSync(join(folder, name))));
}

/** What a command of the engine printed. */
export interface Ran {
  readonly code: number | null;
  /** Standard output and standard error, in the order of their lines. */
  readonly said: string;
}

/** What a command printed that must succeed. */
export async function good(running: Promise<Ran>): Promise<string> {
  const { code, said } = await running;
  assert.equal(code, 0, said);
  return said;
}

/** A project with its own backend, plug-ins from PATH, and one stack. */
export class Engine {
  readonly folder = mkdtempSync(join(tmpdir(), "groundplan-engine-"));
  readonly settings: string;
  /** The folder of Pulumi.yaml. */
  readonly project: string;
  private readonly env: NodeJS.ProcessEnv;
  private readonly stack: string;

  /**
   * @param settings a file in the format of Pulumi.STACK.yaml; the engine writes to a copy
   * @param fill writes the project; default: it is the repository's
   */
  constructor(stack: string, settings: string, kubeconfig: string, fill: (project: string) => void = linkRepository) {
    this.stack = stack;
    const project = join(this.folder, "project");
    mkdirSync(project);
    fill(project);
    this.project = project;
    this.settings = join(project, `Pulumi.${stack}.yaml`);
    copyFileSync(settings, this.settings);
    for (const name of ["home", "state"]) mkdirSync(join(this.folder, name));
    this.env = {
      ...process.env,
      KUBECONFIG: kubeconfig,
      // Not the project's own pulumi, which is downloaded at its first start; but its Node, as under npx.
      PATH: [cached, join(root, "node_modules", ".bin"), process.env["PATH"] ?? ""].join(delimiter),
      PULUMI_BACKEND_URL: `file://${join(this.folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "only-for-this-test",
      PULUMI_HOME: join(this.folder, "home"),
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    };
  }

  /** Runs `pulumi` with this stack. @param env additional variables */
  pulumi(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
    return this.run("pulumi", [...args, "--non-interactive", "--stack", this.stack], this.project, env);
  }

  /** Creates the stack, with a passphrase. */
  init(): Promise<Ran> {
    const args = ["stack", "init", this.stack, "--secrets-provider=passphrase", "--non-interactive"];
    return this.run("pulumi", args, this.project);
  }

  /** Runs a program with the environment of the engine. @param cwd by default the repository */
  run(program: string, args: readonly string[], cwd: string = root, env: NodeJS.ProcessEnv = {}): Promise<Ran> {
    return new Promise((resolve, reject) => {
      const child = spawn(program, args, { cwd, env: { ...this.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
      let said = "";
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding("utf8").on("data", (text: string) => (said += text));
      child.on("error", reject).on("close", (code) => resolve({ code, said }));
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The repository's own program, beside a stack file that the engine may write to. */
function linkRepository(project: string): void {
  for (const name of readdirSync(root))
    if (!/^(Pulumi\..+\.yaml|\.git|out)$/.test(name)) symlinkSync(join(root, name), join(project, name));
}
