import { fileURLToPath } from "node:url";
import { defineConfig, type DefaultTheme } from "vitepress";
import { PAGES, pageOf, pagesIn, titleOf } from "../src/pages.ts";
import { repositoryMarkdown } from "../src/repository-markdown.ts";

const LIBRARIES = /\/(?:avro-data|java-tls|jdbc-dialects|kafka-client|storage-formats|e2e)\//;
const AUTHORS = /\/(?:connect-api|connect-testkit|create-connect-plugin)\//;
const WORKER = /\/connect-(?:runtime|ctl|converters|transforms|rest-extensions)\//;

const packages = pagesIn("packages");
const items = (files: readonly string[]): DefaultTheme.SidebarItem[] =>
  files.map((file) => ({
    text: titleOf(file).replace("@millrace/", ""),
    link: `/${pageOf(file)}`,
  }));
const docs = (...names: string[]) => items(names.map((name) => `docs/${name}.md`));
const only = (pattern: RegExp) => items(packages.filter((file) => pattern.test(file)));

export default defineConfig({
  title: "Millrace",
  description: "Kafka Connect for Node",
  srcDir: "../..",
  srcExclude: [
    "**/node_modules/**",
    "CONTRIBUTING.md",
    "SECURITY.md",
    ".*/**",
    "tools/**",
    "packages/*/*/**",
    "packages/e2e/**",
  ],
  rewrites: PAGES,
  outDir: ".site",
  cacheDir: "./.vitepress/cache",
  cleanUrls: true,
  vite: {
    // Pages lie outside of this package, and pnpm lets only this one see Vue.
    resolve: {
      alias: ["vue/server-renderer", "vue"].map((find) => ({
        find: new RegExp(`^${find}$`),
        replacement: fileURLToPath(import.meta.resolve(find)),
      })),
    },
  },
  markdown: {
    // What stands in angle brackets is text here, such as Map<string, number>.
    html: false,
    attrs: { disable: true },
    config: repositoryMarkdown,
  },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      { text: "Tutorial", link: "/tutorial" },
      { text: "Connectors", link: "/connectors" },
      { text: "REST API", link: "/rest" },
    ],
    sidebar: [
      {
        text: "Begin",
        items: [{ text: "What it is", link: "/" }, ...docs("connectors", "migrating")],
      },
      { text: "Run", items: docs("operating", "delivery", "security", "metrics", "benchmarks") },
      {
        text: "Reference",
        items: [...docs("worker-config", "connector-config", "rest"), ...only(WORKER)],
      },
      {
        text: "Connectors",
        items: items(
          packages.filter(
            (file) => ![LIBRARIES, AUTHORS, WORKER].some((others) => others.test(file)),
          ),
        ),
      },
      { text: "Write a connector", items: [...docs("tutorial"), ...only(AUTHORS)] },
      {
        text: "How it is built",
        collapsed: true,
        items: [
          ...docs("architecture"),
          ...only(/\/(?:avro-data|java-tls|jdbc-dialects|kafka-client|storage-formats)\//),
        ],
      },
      { text: "Decisions", collapsed: true, items: items(pagesIn("docs/adr")) },
    ],
  },
});
