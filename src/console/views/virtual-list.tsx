/** A long list of which only the rows in view are on the page. Rows may have any height; the one with the focus always stays. */
import {
  defaultRangeExtractor,
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type Range,
  type Rect,
  Virtualizer,
} from "@tanstack/virtual-core";
import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";

export interface VirtualListProps<T> {
  readonly items: readonly T[];
  readonly keyOf: (item: T) => string | number;
  /** Height before a row was seen, in pixels. */
  readonly estimate: (item: T) => number;
  readonly children: (item: T, index: number) => ComponentChildren;
  readonly class?: string;
  readonly label?: string;
  /** `end`: opens at the end and stays there while rows are appended; rows that are put before change nothing in view. */
  readonly anchor: "start" | "end";
  /** The row to open with at the top, where that leaves no room below the last one; else, or negative: as `anchor` says. */
  readonly opensAt?: number;
  /** After each scroll and each change of what is in view; not before the list stands where it opens. */
  readonly onView?: (view: ListView) => void;
  /** Filled with what others may do to the list. */
  readonly controls?: { current: ListControls | null };
}

export interface ListView {
  readonly first: number;
  readonly last: number;
  readonly atEnd: boolean;
}

export interface ListControls {
  scrollToEnd(): void;
  /** Brings a row into view. */
  show(index: number): void;
}

type ListVirtualizer = Virtualizer<HTMLDivElement, HTMLLIElement>;

const OVERSCAN = 6;
/** This close to the end counts as being there. */
const END_PX = 48;
/** Until the row to open with has landed: rows are measured as they come into view, and move it. */
const OPENING_FRAMES = 8;

export function VirtualList<T>(props: VirtualListProps<T>): JSX.Element {
  const { items, keyOf, children, label } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [focused, setFocused] = useState<string | number | null>(null);
  const virtualizer = useVirtualizer(props, scroller, focused);
  return (
    <div class={`scroller ${props.class ?? ""}`} ref={scroller} onFocusOut={() => setFocused(null)}>
      <ol class="sizer" aria-label={label} style={{ height: `${virtualizer.getTotalSize()}px` }}>
        {virtualizer.getVirtualItems().map(({ index, start, key }) => {
          const item = items[index];
          if (item === undefined) return null;
          return (
            <li
              key={key}
              ref={virtualizer.measureElement}
              data-index={index}
              aria-setsize={items.length}
              aria-posinset={index + 1}
              style={{ transform: `translateY(${start}px)` }}
              onFocusIn={() => setFocused(keyOf(item))}
            >
              {children(item, index)}
            </li>
          );
        })}
      </ol>
    </div>
  );
}

function useVirtualizer<T>(
  { items, keyOf, estimate, anchor, opensAt = -1, onView, controls }: VirtualListProps<T>,
  scroller: { readonly current: HTMLDivElement | null },
  focused: string | number | null,
): ListVirtualizer {
  const rerender = useReducer<number, undefined>((count) => count + 1, 0)[1];
  const options = {
    count: items.length,
    getScrollElement: () => scroller.current,
    getItemKey: (index: number) => keyAt(items, index, keyOf),
    estimateSize: (index: number) => estimateAt(items, index, estimate),
    rangeExtractor: (range: Range) => withFocused(range, focused, items, keyOf),
    overscan: OVERSCAN,
    anchorTo: anchor,
    followOnAppend: anchor === "end",
    scrollEndThreshold: END_PX,
    scrollToFn: elementScroll,
    observeElementRect: (instance: ListVirtualizer, report: (rect: Rect) => void) =>
      observeElementRect(instance, (rect) => {
        // A composer that grows takes from the list: the end stays in view.
        const stays = anchor === "end" && instance.isAtEnd(END_PX);
        report(rect);
        if (stays) instance.scrollToEnd();
      }),
    observeElementOffset,
    onChange: () => rerender(undefined),
  };
  const [isOpening, setOpening] = useState(opensAt >= 0);
  const [virtualizer] = useState(() => new Virtualizer<HTMLDivElement, HTMLLIElement>(options));
  virtualizer.setOptions(options);
  useLayoutEffect(() => virtualizer._didMount(), [virtualizer]);
  useLayoutEffect(() => virtualizer._willUpdate());
  useLayoutEffect(() => {
    if (opensAt >= 0) virtualizer.scrollToIndex(opensAt, { align: "start" });
    else if (anchor === "end") virtualizer.scrollToEnd();
  }, [virtualizer]);
  useLayoutEffect(() => (isOpening ? afterFrames(OPENING_FRAMES, () => setOpening(false)) : undefined), [isOpening]);
  useLayoutEffect(() => {
    if (controls !== undefined) {
      controls.current = {
        scrollToEnd: () => virtualizer.scrollToEnd(),
        show: (index) => virtualizer.scrollToIndex(index, { align: "auto" }),
      };
    }
    if (!isOpening && onView !== undefined && virtualizer.range !== null) {
      onView({ first: virtualizer.range.startIndex, last: virtualizer.range.endIndex, atEnd: virtualizer.isAtEnd(END_PX) });
    }
  });
  return virtualizer;
}

/** Gives what prevents it. */
function afterFrames(count: number, act: () => void): () => void {
  let left = count;
  const next = (): void => {
    left -= 1;
    if (left === 0) act();
    else frame = requestAnimationFrame(next);
  };
  let frame = requestAnimationFrame(next);
  return () => cancelAnimationFrame(frame);
}

function keyAt<T>(items: readonly T[], index: number, keyOf: (item: T) => string | number): string | number {
  const item = items[index];
  return item === undefined ? index : keyOf(item);
}

function estimateAt<T>(items: readonly T[], index: number, estimate: (item: T) => number): number {
  const item = items[index];
  return item === undefined ? 0 : estimate(item);
}

/** Removing the row that has the focus would send the focus to the top of the page. */
function withFocused<T>(range: Range, focused: string | number | null, items: readonly T[], keyOf: (item: T) => string | number): number[] {
  const indexes = defaultRangeExtractor(range);
  const index = focused === null ? -1 : items.findIndex((item) => keyOf(item) === focused);
  return index < 0 || indexes.includes(index) ? indexes : [...indexes, index].sort((one, other) => one - other);
}
