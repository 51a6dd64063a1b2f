import { relative } from "node:path";
import type { MarkdownRenderer } from "vitepress";
import { ROOT, siteLink } from "./pages.ts";

type CoreState = Parameters<Parameters<MarkdownRenderer["core"]["ruler"]["push"]>[1]>[0];
type Token = CoreState["tokens"][number];

/**
 * Markdown as the repository has it: comments are no text, braces are, and links lead to files. A
 * link to a file that is no page becomes plain text.
 */
export function repositoryMarkdown(md: MarkdownRenderer): void {
  md.renderer.rules["text"] = (tokens, index) =>
    md.utils.escapeHtml(tokens[index]!.content).replaceAll("{{", "&#123;&#123;");
  md.core.ruler.before("normalize", "comments", (state) => {
    state.src = state.src.replaceAll(/^<!--.*-->$/gm, "");
  });
  // Before the site's own rules look at links.
  md.core.ruler.after("inline", "repository-links", (state) => {
    const env = state.env as { realPath?: string; path: string };
    const file = relative(ROOT, env.realPath ?? env.path).replaceAll("\\", "/");
    for (const token of state.tokens) {
      if (token.children) token.children = withSiteLinks(token.children, file);
    }
  });
}

function withSiteLinks(tokens: readonly Token[], file: string): Token[] {
  const kept: Token[] = [];
  /** Of the links that are open: whether they stay. */
  const open: boolean[] = [];
  for (const token of tokens) {
    if (token.type === "link_open") {
      const href = String(token.attrGet("href"));
      const target = /^[a-z]+:/i.test(href) ? href : siteLink(file, decodeURI(href));
      open.push(target !== undefined);
      if (target === undefined) continue;
      token.attrSet("href", target);
    } else if (token.type === "link_close" && !open.pop()) continue;
    kept.push(token);
  }
  return kept;
}
