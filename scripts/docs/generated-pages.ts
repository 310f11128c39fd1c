/** The pages that `npm run docs` writes; a test compares them with what is committed. */
import { protocolsPage } from "./protocols-page.ts";
import { settingsPage } from "./settings-page.ts";

export interface GeneratedPage {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

export function generatedPages(): readonly GeneratedPage[] {
  return [
    { path: "docs/settings.md", text: settingsPage() },
    { path: "docs/protocols.md", text: protocolsPage() },
  ];
}
