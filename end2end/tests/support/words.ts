// The interface's texts in both languages, from the product's locale files.

import english from '../../../app/locales/en.json' with { type: 'json' };
import japanese from '../../../app/locales/ja.json' with { type: 'json' };

export type Language = 'en' | 'ja';
export type Words = typeof english;

export const languages: readonly Language[] = ['en', 'ja'];

/** The locale of a browser set to each language. */
export const locales = { en: 'en-US', ja: 'ja-JP' } as const;

const all: Record<Language, Words> = { en: english, ja: japanese };

/** Returns all texts of a language. */
export function wordsOf(language: Language): Words {
  return all[language];
}

/** Returns the text with its placeholders, such as `{{ name }}`, filled. */
export function say(text: string, values: Record<string, string | number> = {}): string {
  return text.replace(/\{\{ (\w+) \}\}/g, (_, key: string) => {
    const value = values[key];
    if (value === undefined) {
      throw new Error(`“${text}” needs a value for ${key}`);
    }
    return String(value);
  });
}
