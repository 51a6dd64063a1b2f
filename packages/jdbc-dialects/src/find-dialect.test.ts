import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { DIALECTS, findDialect, withoutSecrets } from "./find-dialect.ts";
import { optionalDriver } from "./optional-driver.ts";

test.each(DIALECTS.map(({ name, exampleUrl }) => [exampleUrl, name]))(
  "%s is of %s",
  (url, name) => {
    expect(findDialect(url).name).toBe(name);
    expect(findDialect(url, name).name).toBe(name);
  },
);

test("a URL of none, or of another than is named, is refused by key", () => {
  expect(() => findDialect("jdbc:db2://db/shop:password=hush;")).toThrow(
    /connection\.url.*PostgreSQL: jdbc:postgresql:/,
  );
  expect(() => findDialect("jdbc:db2://db/shop:password=hush;")).not.toThrow(/hush/);
  expect(() => findDialect("jdbc:mysql://db/x", "OracleDatabaseDialect")).toThrow(
    /dialect\.name.*MySqlDatabaseDialect/,
  );
  expect(() => findDialect("jdbc:nosql://db/x", "Db2DatabaseDialect")).toThrow(/dialect\.name/);
  expect(withoutSecrets("jdbc:db2://db:hush")).toBe("jdbc:db2:…");
});

test("no driver is loaded before a connection is asked for", () => {
  const script = `
    import { registerHooks } from "node:module";
    const seen = [];
    registerHooks({ resolve: (name, context, next) => { seen.push(name); return next(name, context); } });
    await import(${JSON.stringify(fileURLToPath(new URL("index.ts", import.meta.url)))});
    console.log(seen.filter((name) => /^(pg|mysql2|tedious|oracledb|node:sqlite)$/.test(name)).join());`;
  const args = ["--conditions=@millrace/source", "--input-type=module", "-e", script];
  const options = { encoding: "utf8", cwd: fileURLToPath(new URL("..", import.meta.url)) } as const;
  expect(execFileSync(process.execPath, args, options).trim()).toBe("");
});

test("a driver that is not installed is asked for by name", async () => {
  const missing = Object.assign(new Error("no"), { code: "ERR_MODULE_NOT_FOUND" });
  await expect(
    optionalDriver("tedious", "SQL Server", () => Promise.reject(missing)),
  ).rejects.toThrow(/SQL Server is not installed: run npm install tedious/);
});
