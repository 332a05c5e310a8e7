// The interface's words in both languages, as the product's own locale files have them.

import english from '../../../app/locales/en.json' with { type: 'json' };
import japanese from '../../../app/locales/ja.json' with { type: 'json' };

export type Language = 'en' | 'ja';
export type Words = typeof english;

export const languages: readonly Language[] = ['en', 'ja'];

/** What a browser set to the language asks pages in. */
export const locales = { en: 'en-US', ja: 'ja-JP' } as const;

const all: Record<Language, Words> = { en: english, ja: japanese };

/** All of a language's words. */
export function wordsOf(language: Language): Words {
  return all[language];
}

/** A text with its places filled: `{{ name }}`. */
export function say(text: string, values: Record<string, string | number> = {}): string {
  return text.replace(/\{\{ (\w+) \}\}/g, (_, key: string) => {
    const value = values[key];
    if (value === undefined) {
      throw new Error(`“${text}” needs a value for ${key}`);
    }
    return String(value);
  });
}
