// The command as a process.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { fakePulumi } from "../../fake-pulumi.ts";

const shop = {
  realm: "shop",
  clients: [
    {
      clientId: "wiki",
      secret: "s3cret-of-wiki",
      redirectUris: ["https://wiki.example.org/cb"],
      standardFlowEnabled: true,
    },
    {
      clientId: "hello",
      secret: "s3cret-of-hello",
      redirectUris: ["https://hello.example.org/cb"],
      standardFlowEnabled: true,
    },
  ],
  smtpServer: { host: "mail.example.org", from: "a@example.org", auth: "true", user: "m", password: "**********" },
  users: [{ username: "ada" }],
};

describe("npm run realm", function () {
  let folder: string;
  let file: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "groundplan-realm-"));
    file = join(folder, "shop.json");
    writeFileSync(file, JSON.stringify(shop));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });
  const run = (args: string[], environment: Record<string, string> = {}) => {
    const cli = join(import.meta.dirname, "../../../plan/realm/realm.ts");
    const env = { ...process.env, ...environment };
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
      cwd: folder,
      env,
      encoding: "utf8",
    });
    return { status, stdout, stderr };
  };
  const clientsIn = (yaml: string) =>
    (parse(yaml) as { "groundplan:keycloak": { clients: { name: string }[] } })["groundplan:keycloak"].clients.map(
      ({ name }) => name,
    );

  it("prints the settings, how the secrets are set, and what the settings cannot say; no secret", () => {
    const { status, stdout, stderr } = run(["--from", file]);
    assert.equal(status, 0, stderr);
    assert.deepEqual(clientsIn(stdout), ["hello", "wiki"]);
    assert.match(
      stdout,
      /^# This command sets the secrets .*\n# {3}npm run realm -- --from .*shop\.json --stack STACK$/m,
    );
    assert.match(stdout, /^# secrets:wiki-client-secret: the client secret of wiki$/m);
    assert.match(
      stdout,
      /^# secrets:mail-password: .*\n# {3}npx pulumi config set --secret secrets:mail-password --stack STACK$/m,
    );
    assert.match(stderr, /^stays: {3}users: 1 user, with passwords, groups and roles$/m);
    assert.match(stderr, /^changes: eventsEnabled: not set, becomes true$/m);
    assert.doesNotMatch(stdout + stderr, /s3cret/);
  });

  it("with a stack: hands secrets to Pulumi on its input only, and leaves the clients of its components to them", () => {
    const environment = fakePulumi(folder);
    const { status, stdout, stderr } = run(["--from", file, "--stack", "dev"], environment);
    assert.equal(status, 0, stderr);
    // The host hello of dev has a login in front, with a client of its own.
    assert.deepEqual(clientsIn(stdout), ["wiki"]);
    assert.equal(readFileSync(join(environment.HOME, "secrets:wiki-client-secret"), "utf8"), "s3cret-of-wiki");
    assert.ok(!existsSync(join(environment.HOME, "secrets:mail-password")));
    assert.match(stdout, /^# secrets:wiki-client-secret: the client secret of wiki; set$/m);
    const calls = readFileSync(join(environment.HOME, "calls"), "utf8");
    assert.match(calls, /config set --secret secrets:wiki-client-secret --stack dev/);
    assert.doesNotMatch(stdout + stderr + calls, /s3cret/);
    assert.equal(run(["--from", file, "--stack", "dev"], environment).status, 0);

    writeFileSync(join(environment.HOME, "secrets:wiki-client-secret"), "s3cret-other");
    const other = run(["--from", file, "--stack", "dev"], environment);
    assert.deepEqual([other.status, other.stdout], [2, ""]);
    assert.match(other.stderr, /^the secret wiki-client-secret of the stack dev contains another value; .*\n$/);
  });

  it("writes a new file, and overwrites none", () => {
    const to = join(folder, "settings.yaml");
    const first = run(["--from", file, "--to", to]);
    assert.deepEqual([first.status, first.stdout], [0, ""]);
    const written = readFileSync(to, "utf8");
    assert.deepEqual(clientsIn(written), ["hello", "wiki"]);
    const second = run(["--from", file, "--to", to]);
    assert.equal(second.status, 2);
    assert.match(second.stderr, /^.*settings\.yaml: the file exists; --to accepts a new file: .*\n$/);
    assert.equal(readFileSync(to, "utf8"), written);
  });

  it("says in one line what is wrong, and exits with 2", () => {
    const text = join(folder, "text");
    writeFileSync(text, "s3cret");
    for (const [args, message] of [
      [[], /^error: required option '--from <file>' not specified\n$/],
      [["--from", join(folder, "none")], /none: the file or its folder does not exist\n$/],
      [["--from", folder], /: is a folder, not a file\n$/],
      [["--from", text], /text: is not JSON: use the file .*\n$/],
      [["--from", file, "--realm", "other"], /shop\.json: has no realm "other": --realm accepts shop\n$/],
      [["--from", file, "--stack", "none"], /^there is no stack "none": .*\n$/],
      [["--from", file, "--to", join(folder, "no", "where")], /where: the file or its folder does not exist\n$/],
    ] as const) {
      const { status, stdout, stderr } = run([...args]);
      assert.deepEqual([status, stdout], [2, ""], stderr);
      assert.match(stderr, message);
      assert.equal(stderr.split("\n").length, 2, stderr);
      assert.doesNotMatch(stderr, /s3cret/);
    }
  });
});
