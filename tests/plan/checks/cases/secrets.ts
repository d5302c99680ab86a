import { sentinel } from "../../../../plan/recorder.ts";
import { containerOf, object, one, release } from "../draft.ts";
import type { Draft } from "../draft.ts";
import type { Case } from "./case.ts";

const web = "Deployment app/web";
const variable = (name: string, value: string, finds: RegExp[]): Case => ({
  id: "GP070",
  name: `${name}=${JSON.stringify(value)}`,
  when: (draft: Draft) => {
    (containerOf(draft, web).env as object[]).push({ name, value });
  },
  finds: finds.map((message) => [web, message]),
});
const command = (args: string[], finds: RegExp[]): Case => ({
  id: "GP070",
  name: args.join(" "),
  when: (draft: Draft) => (containerOf(draft, web).args = args),
  finds: finds.map((message) => [web, message]),
});
const file = (name: string, content: string, finds: RegExp[]): Case => ({
  id: "GP071",
  name,
  when: (draft: Draft) => (one(draft, "ConfigMap app/web").manifest.data = { "app.conf": content }),
  finds: finds.map((message) => ["ConfigMap app/web", message]),
});

/** Cases of plan/checks/secrets.ts. */
export const secretCases: readonly Case[] = [
  // The Secrets web and from-chart are in the plan.
  variable("IMAGE_PULL_SECRETS", "web", []),
  variable("IMAGE_PULL_SECRETS", "web, from-chart", []),
  variable("IMAGE_PULL_SECRETS", "elsewhere", [/IMAGE_PULL_SECRETS has its value in plaintext/]),
  variable("CLIENT_SECRET", "web", [/CLIENT_SECRET has its value in plaintext/]),
  variable("WEB_PASSWORD", "web", [/WEB_PASSWORD has its value in plaintext/]),
  variable("DB_PASSWORD", "hunter2", [/DB_PASSWORD has its value in plaintext/]),
  variable("CLIENT_SECRET", "abcdef", [/CLIENT_SECRET/]),
  variable("API_KEY", "abcdef", [/API_KEY/]),
  variable("DATABASE_URL", "postgres://web:hunter2@db/web", [/DATABASE_URL contains a URL with a password/]),
  variable("CERTIFICATE", "-----BEGIN EC PRIVATE KEY-----\nabc", [/CERTIFICATE contains a private key/]),
  variable("DB_PASSWORD_FILE", "/secrets/password", []),
  variable("PASSWORD_POLICY", "strict", []),
  variable("DB_PASSWORD", "$(FROM_ELSEWHERE)", []),
  variable("TOKEN_TTL", "5m", []),
  variable("ENABLE_PASSWORD", "yes", []),
  variable("SSH_MONKEY", "banana", []),
  variable("DATABASE_URL", "postgres://web:$(DB_PASSWORD)@db/web", []),
  command(["--db-password=hunter2"], [/its command contains a value of db-password/]),
  command(["--password", "hunter2"], [/--password is in plaintext/]),
  command(["sh", "-c", "PGPASSWORD=hunter2 psql"], [/a value of PGPASSWORD/]),
  command(["sh", "-c", "PGPASSWORD=$(cat /run/password) psql -c 'SELECT password'"], []),
  command(["--password-file=/run/password", "--token-ttl=5m"], []),
  command(["--password", "--verbose"], []),
  file("a private key", "-----BEGIN PRIVATE KEY-----\nabc\n", [/app.conf contains a private key/]),
  file("a password line", "user = web\n  db.password: hunter2\n", [/a value of db.password/]),
  file("a password in JSON", '{"user": "web", "clientSecret": "abcdef"}', [/a value of clientSecret/]),
  file("a URL with a password", "url=amqp://web:hunter2@queue", [/a URL with a password/]),
  file("a placeholder", "password: ${DB_PASSWORD}\nsecret=$SECRET\ntoken_file: /run/token\n", []),
  file("the name of a Secret", "existingSecret: web\npasswordSecret: web\n", []),
  file("a statement", "SELECT 1 WHERE rolpassword = :'verifier';\nALTER ROLE a PASSWORD 'x';\n", []),
  {
    id: "GP072",
    name: "a generated value in an annotation",
    when: (draft) => (one(draft, web).manifest.metadata.annotations = { seen: `x${sentinel}abc` }),
    finds: [[web, /contains a generated secret in plaintext/]],
  },
  {
    id: "GP072",
    name: "a generated value in base64",
    when: (draft) =>
      (one(draft, "ConfigMap app/web").manifest.data = { blob: Buffer.from(`ab${sentinel}0123`).toString("base64") }),
    finds: [["ConfigMap app/web", /contains a generated secret/]],
  },
  {
    id: "GP072",
    name: "a generated value in a Secret's metadata",
    when: (draft) => (one(draft, "Secret app/web").manifest.metadata.annotations = { seen: `${sentinel}abc` }),
    finds: [["Secret app/web", /contains a generated secret/]],
  },
  {
    id: "GP072",
    name: "a value of a chart that is marked as secret",
    when: (draft) => draft.releases.push(release("app", "other", "other", { password: "(secret)" })),
    finds: [["Release app/other", /marks as secret/]],
  },
  {
    id: "GP072",
    name: "a generated value in a Secret's data",
    when: (draft) => (one(draft, "Secret app/web").manifest.stringData.password = `${sentinel}abc`),
    finds: [],
  },
  {
    id: "GP073",
    name: "a chart that generates a password",
    when: (draft) => (one(draft, "Secret app/from-chart").manifest.data = { password: "aHVudGVyMg==" }),
    finds: [["Secret app/from-chart", /is created by its chart, with password/]],
  },
  {
    id: "GP073",
    name: "a Secret of the program's own",
    when: (draft) => draft.objects.push(object("v1", "Secret", "app/more", { stringData: { a: "(secret)" } })),
    finds: [],
  },
];
