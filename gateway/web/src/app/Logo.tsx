/** Two prints, one over the other: alike, not the same. */
export function Logo() {
  return (
    <svg width="28" height="28" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect
        x="10.5"
        y="10.5"
        width="19"
        height="19"
        rx="3"
        fill="var(--mark)"
        stroke="var(--ink)"
        strokeWidth="2.5"
      />
      <rect
        x="2.5"
        y="2.5"
        width="19"
        height="19"
        rx="3"
        fill="var(--paper)"
        stroke="var(--ink)"
        strokeWidth="2.5"
      />
      <path
        d="M10.5 21.5h8.5a2.5 2.5 0 0 0 2.5-2.5v-8.5h-8a3 3 0 0 0-3 3z"
        fill="var(--mark)"
        opacity=".55"
      />
    </svg>
  );
}
