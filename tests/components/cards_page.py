"""A page with nothing but metric cards; serve it with ``streamlit run``. ``?case=`` chooses the cards."""

from __future__ import annotations

import streamlit as st

from app.components.metric_cards import Card, metric_cards

MARKUP = "<b>fraud</b> & <img src=x onerror=alert(1)> *co*"
ONE = ("0", "1")
RATE = ("0%", "100%")
CARDS = (
    Card("roc_auc", "ROC AUC", "0.957", "of 100,000 rows", "Chance that a positive row scores higher than a negative one; ties count half.",
         position=0.957, low=0.952, high=0.962, baseline=0.5, baseline_label="constant score 0.500",
         interval="95% CI 0.952–0.962", ends=ONE),
    Card("average_precision", "Average precision", "0.514", "of 100,000 rows", "Precision averaged over the recall gained at each score.",
         position=0.514, low=0.489, high=0.537, baseline=0.015, baseline_label="prevalence 0.015",
         interval="95% CI 0.489–0.537", ends=ONE),
    Card("precision", "Precision", "76.4%", "530 of 694", "Share of the rows predicted positive that are positive.",
         position=0.764, low=0.731, high=0.794, baseline=0.015, baseline_label="prevalence 1.5%",
         interval="95% CI 73.1–79.4%", ends=RATE),
    Card("recall", "Recall", "35.2%", "530 of 1,506", "Share of the positive rows that were predicted positive.",
         position=0.352, low=0.328, high=0.376, baseline=0.007, baseline_label="as many at random 0.7%",
         interval="95% CI 32.8–37.6%", ends=RATE),
    Card("mcc", "Matthews correlation", "0.513", "of 100,000 rows", "Correlation between truth and decision; 0 is no better than chance, whatever the imbalance.",
         position=0.7565, low=0.745, high=0.768, baseline=0.5, baseline_label="chance 0.000",
         interval="95% CI 0.490–0.536", ends=("−1", "1")),
    Card("accuracy", "Accuracy", "98.9%", "98,863 of 100,000", "Share of the rows that were predicted right.",
         position=0.98863, low=0.988, high=0.9893, baseline=0.98494, baseline_label="always 'legitimate' 98.5%",
         interval="95% CI 98.8–98.9%", ends=RATE),
)  # fmt: skip
GAPS = (
    Card("precision", "Precision", "n/a", "of 50 rows", "Share of the rows predicted positive that are positive.",
         reason="no row is predicted positive", baseline=0.1, baseline_label="prevalence 10.0%"),
    Card("recall", "Recall", "0.0%", "0 of 5", "Share of the positive rows that were predicted positive.",
         position=0.0, low=0.0, high=0.434, interval="95% CI 0.0–43.4%", ends=RATE),
    Card("accuracy", "Accuracy", "100.0%", "50 of 50", "Share of the rows that were predicted right.",
         position=1.0, low=0.929, high=1.0, baseline=0.9, baseline_label=f"always '{MARKUP}' 90.0%",
         interval="95% CI 92.9–100.0%", ends=RATE),
    Card("log_loss", MARKUP, "0.331", "of 50 rows", "Mean negative log-likelihood in nats.", interval="95% CI 0.21–0.47"),
)  # fmt: skip


def page() -> None:
    """Show the cards of a case; a button takes the first one away and moves the others' numbers."""
    st.set_page_config(layout="wide")
    cards = GAPS if st.query_params.get("case") == "gaps" else CARDS
    moved = st.button("Move")
    if moved:
        cards = (
            *cards[1:3],
            Card("recall", "Recall", "90.0%", "45 of 50", "As before.", position=0.9, low=0.8, high=0.95),
        )
    metric_cards(cards, key="cards")
    st.text(f"Below {len(cards)} cards")
    st.text_area("Something under the cards", height=120)


if __name__ == "__main__":
    page()
