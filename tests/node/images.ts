// Images for a node without a registry: root file systems made of packages, under the names that a stack's objects use.
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { stableJson } from "../../components/kit/stable.ts";
import { run } from "../cluster/cluster.ts";
import { cacheOf } from "../maven.ts";

/** How an image is made. A change of any field makes it again. */
export interface Recipe {
  /** Debian packages of the file system below the files. Default: none, not even a shell. */
  readonly packages?: readonly string[];
  /** Files and folders to copy: path in the image, and where they are. */
  readonly files?: Readonly<Record<string, string>>;
  /** Scripts by their path in the image. */
  readonly scripts?: Readonly<Record<string, string>>;
  /** The owner of files and scripts, as `UID:GID`. Default: root. */
  readonly owner?: string;
  readonly entrypoint?: readonly string[];
  readonly user?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly workdir?: string;
}

/** Recipes by the last part of a repository's name; each gets the image's tag. */
export type Recipes = Readonly<Record<string, (tag: string) => Recipe>>;

const folder = cacheOf("images");
const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * One archive with all of the images, as `docker save` writes it ("Docker Image Specification v1.2", combined image JSON): what
 * several of them are made of is in it once.
 * @param file where to write it
 * @param images recipes by name with tag, as the pods' `image`
 */
export function writeImages(file: string, images: ReadonlyMap<string, Recipe>): void {
  const work = mkdtempSync(join(dirname(file), "images-"));
  try {
    const manifest = [...images].map(([name, recipe]) => {
      const layers = layersOf(recipe);
      const config = stableJson({
        architecture: "amd64",
        os: "linux",
        config: {
          Entrypoint: recipe.entrypoint,
          Env: Object.entries({ PATH: path, ...recipe.env }).map(([key, value]) => `${key}=${value}`),
          User: recipe.user ?? "",
          WorkingDir: recipe.workdir ?? "/",
        },
        rootfs: { type: "layers", diff_ids: layers.map((layer) => `sha256:${basename(layer, ".tar").split("-")[1]}`) },
      });
      const configFile = `${digestOf(config)}.json`;
      writeFileSync(join(work, configFile), config);
      return { Config: configFile, RepoTags: [name], Layers: layers.map((layer) => basename(layer)) };
    });
    writeFileSync(join(work, "manifest.json"), JSON.stringify(manifest));
    const layers = [...new Set(manifest.flatMap(({ Layers }) => Layers))];
    run("tar", ["-C", work, "-cf", file, ".", ...layers.flatMap((layer) => ["-C", folder, layer])], { limit: 900 });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The layers of an image: packages, and what lies on top of them. */
function layersOf({ packages, files = {}, scripts = {}, owner = "0:0" }: Recipe): string[] {
  const below = packages === undefined ? [] : [debianLayer(packages)];
  const own = Object.keys(files).length + Object.keys(scripts).length;
  return own === 0 ? below : [...below, filesLayer(files, scripts, owner)];
}

function debianLayer(packages: readonly string[]): string {
  return layer(stableJson(["debian", packages]), (top) => {
    console.log(`      installing ${packages.join(", ") || "Debian"} into a file system, once`);
    const sources = "/etc/apt/sources.list.d/debian.sources";
    const include = packages.length === 0 ? [] : [`--include=${packages.join(",")}`];
    const make = [
      "mmdebstrap",
      "--variant=minbase",
      "--dpkgopt=path-exclude=/usr/share/{doc,man,locale}/*",
      ...include,
    ];
    run("nice", ["-n", "10", ...make, "bookworm", top, sources], { limit: 1800 });
    // PostgreSQL runs without its just-in-time compiler, which is a third of the file system.
    const unused = [
      "var/lib/apt",
      "var/cache/apt",
      "usr/lib/llvm*",
      "usr/lib/*/libLLVM*",
      "usr/lib/postgresql/*/lib/*jit*",
    ];
    run("sh", ["-c", `cd "$1" && rm -rf ${unused.join(" ")} usr/lib/postgresql/*/lib/bitcode`, "sh", top]);
    // Programs that ask for the name of their user get one, as in the images that have it.
    run("sh", ["-c", 'echo "user:x:1001:1001::/tmp:/bin/sh" >> "$1/etc/passwd"', "sh", top]);
  });
}

function filesLayer(files: Record<string, string>, scripts: Record<string, string>, owner: string): string {
  return layer(stableJson(["files", files, scripts, owner]), (top) => {
    mkdirSync(join(top, "tmp"), { recursive: true });
    for (const [place, from] of Object.entries(files)) {
      mkdirSync(dirname(join(top, place)), { recursive: true });
      cpSync(from, join(top, place), { recursive: true, verbatimSymlinks: true });
    }
    for (const [place, text] of Object.entries(scripts)) {
      mkdirSync(dirname(join(top, place)), { recursive: true });
      writeFileSync(join(top, place), text);
      chmodSync(join(top, place), 0o755);
    }
    run("chown", ["-R", "-h", owner, top]);
    chmodSync(join(top, "tmp"), 0o1777);
  });
}

/** The file `INPUTS-DIGEST.tar` of a layer, made where it is not cached. */
function layer(inputs: string, fill: (top: string) => void): string {
  const key = digestOf(inputs).slice(0, 12);
  mkdirSync(folder, { recursive: true });
  const index = join(folder, `${key}.layer`);
  if (existsSync(index)) return join(folder, readFileSync(index, "utf8"));
  const work = mkdtempSync(join(folder, ".make-"));
  try {
    const top = join(work, "root");
    mkdirSync(top, { mode: 0o755 });
    fill(top);
    const file = join(work, "layer.tar");
    run("tar", ["-C", top, "--numeric-owner", "--sort=name", "-cf", file, "."], { limit: 900 });
    const [digest = ""] = run("sha256sum", [file]).out.split(" ");
    const kept = `${key}-${digest}.tar`;
    renameSync(file, join(folder, kept));
    writeFileSync(index, kept);
    return join(folder, kept);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
