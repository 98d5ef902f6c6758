"""What columns are called: names folded to plain words, and the words that stand for each role in seven languages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

#: A name that says it all, one that usually means the role, one that carries such a word among others.
PLAIN, USUAL, WORD = 6.0, 5.0, 4.0
#: An event (``churned``), and any other statement that holds or does not (``is_member``).
EVENT, STATEMENT = 3.0, 2.0
#: Off for a word that says the column is about the role, not the role itself (``label_name``, ``prediction_date``).
_BESIDE = 1.5


def _set(text: str) -> frozenset[str]:
    """Read a table of words."""
    return frozenset(text.split())


#: Whole names, written without what separates their words. English, German, French, Spanish, Italian, Portuguese, Dutch.
_TRUE_PLAIN = _set("""
    ytrue truth truelabel truelabels trueclass trueoutcome truevalue groundtruth gt gold goldlabel goldstandard actuallabel actualclass ytest yactual
    wahrheit grundwahrheit wahresetikett wahreklasse wahreslabel tatsachlicheklasse tatsachlich istklasse
    verite veriteterrain vraieclasse classevraie classereelle etiquettevraie vraieetiquette
    verdad etiquetareal clasereal valorreal etiquetaverdadera claseverdadera
    verita etichettavera etichettareale classevera classereale
    verdade rotuloreal classereal rotuloverdadeiro classeverdadeira
    waarheid werkelijkeklasse werkelijklabel echteklasse werkelijk
""")
_TRUE_USUAL = _set("""
    y true label labels target targets actual outcome observed targetlabel classlabel
    etikett ziel zielvariable zielgrosse zielklasse ergebnis
    cible variablecible etiquette reel
    objetivo variableobjetivo etiqueta real resultado
    obiettivo etichetta reale esito
    alvo variavelalvo rotulo
    doel doelvariabele uitkomst
""")
#: As often a feature (the class of a cabin) as the label.
_TRUE_CLASS = _set("class classes klasse classe clase")
_TRUE_WORDS = _set("""
    true label target truth actual outcome gold observed
    wahrheit wahr wahre wahrer wahres ziel etikett tatsachlich tatsachliche tatsachlicher tatsachliches
    verite vrai vraie cible etiquette
    verdad verdadero verdadera objetivo etiqueta
    verita vero vera obiettivo etichetta
    verdade verdadeiro verdadeira alvo rotulo
    waarheid doel werkelijk werkelijke
""")
_EVENTS = _set("""
    default defaulted churn churned survived survive converted conversion fraud fraudulent fraudster click clicked purchased bought readmitted
    died dead death relapse relapsed cancelled canceled attrition exited subscribed spam malignant approved repaid delinquent delinquency
    failed failure toxic responded response anomaly infected diabetes disease accepted returned escalated
    uberlebt ueberlebt gekundigt gekuendigt ausgefallen ausfall betrug storniert gekauft geklickt verstorben
    survecu defaut fraude desabonne resilie achete clique decede
    sobrevivio impago moroso abandono compro fallecido
    sopravvissuto frode insolvente insolvenza acquistato deceduto
    sobreviveu inadimplente inadimplencia cancelou comprou
    overleefd wanbetaling opgezegd gekocht overleden
""")
_STATEMENTS = _set("is has ist hat est es tiene tem heeft did was")
_SCORE_NAMES = _set("""
    yscore score scores yprob yproba yprobs prob probs proba probas probability probabilities p phat predproba predprob predprobs ypredproba ypredprob
    predictedprobability predictproba predscore predictedscore decisionfunction decisionscore positiveprobability posprob
    wahrscheinlichkeit punktzahl punktwert vorhersagewahrscheinlichkeit probabilite probabilitepredite
    probabilidad puntuacion puntaje probabilita punteggio probabilidade pontuacao escore waarschijnlijkheid kans
""")
_SCORE_WORDS = _set("""
    score scores prob probs proba probas probability probabilities likelihood risk propensity confidence logit logits logodds
    wahrscheinlichkeit punktzahl konfidenz risiko probabilite risque confiance probabilidad puntuacion puntaje riesgo confianza
    probabilita punteggio rischio probabilidade pontuacao escore risco waarschijnlijkheid kans risico
""")
_PRED_NAMES = _set("""
    ypred yhat pred preds prediction predictions predicted predict predictedlabel predictedclass predictedoutcome predlabel predclass predictionlabel
    decision labelpred labelpredicted classpredicted
    vorhersage vorhergesagt vorhergesagteklasse vorhergesagtesetikett prognose prognostiziert entscheidung
    predit predite classepredite etiquettepredite
    prediccion predicho clasepredicha etiquetapredicha pronostico
    predizione predetto classepredetta etichettapredetta previsione decisione
    predicao predito previsao previsto classeprevista rotuloprevisto decisao
    voorspelling voorspeld voorspeldeklasse voorspeldlabel beslissing
""")
_PRED_WORDS = _set("""
    pred preds predicted prediction predictions predict decision yhat ypred
    vorhersage vorhergesagt vorhergesagte vorhergesagtes prognose entscheidung predit predite prediccion predicho predicha pronostico
    predizione predetto predetta previsione predicao predito predita previsao previsto prevista voorspelling voorspeld voorspelde
""")
#: The column is about the role and hardly the role itself.
_ABOUT = _set("""
    encoded enc encoding encoder id ids name names text idx index code rate count n num number mean avg average std date time datetime source url type
    lag lagged prev previous last weight group rank band bin decile bucket quantile percentile version description ratio share threshold lower upper error
""")
#: Between two columns of scores, the one that says it is a model's.
_MODEL_WORDS = _set("""
    model modell modele modelo modello clf classifier estimator algo pred predicted prediction xgb xgboost lgbm lightgbm catboost rf forest lr logreg
    logistic logit svm svc nn mlp cnn lstm bert gbm gbdt gbt knn nb tree ensemble stack baseline
""")
WEIGHT_NAMES = _set("""
    w weight weights sampleweight sampleweights instanceweight caseweight rowweight surveyweight wt fnlwgt
    gewicht gewichtung gewichte poids peso pesos pesi pondera ponderacion gewichten
""")
MODEL_COLUMN_NAMES = _set("""
    model modelname modelid classifier algorithm estimator modell modellname modele nommodele modelo nombremodelo modello nomemodello nomemodelo algorithmus modelnaam
""")
OTHER_NAMES: Mapping[str, frozenset[str]] = {
    "id": _set("id rowid uuid guid recordid identifier kennung identifiant identificador identificativo identificatie"),
    "group": _set("group groups groupid gruppe gruppen gruppenid groupe groupes grupo grupos gruppo gruppi groep groepen"),
    "split": _set("split subset partition set dataset aufteilung teilmenge ensemble particion conjunto partizione particao"),
    "fold": _set("fold cvfold foldid kfold falte pli pliegue dobra vouw"),
    "time": _set("""
        time timestamp date datetime eventtime eventdate createdat day zeit zeitstempel zeitpunkt datum uhrzeit horodatage heure jour
        fecha hora fechahora data dataora dataehora tijd tijdstip tijdstempel
    """),
    "amount": _set("""
        amount amounteur amountusd amountgbp transactionamount betrag betrageur montant montanteur importe monto importo valor montante bedrag bedrageur
    """),
}  # fmt: skip
#: Of forecasts. English, German, French, Spanish, Italian, Portuguese, Dutch.
SERIES_NAMES = _set("""
    series seriesid seriesname uniqueid tsid timeseries timeseriesid itemid
    reihe zeitreihe zeitreihenid serie serieid serietemporelle serietemporal serieuniqueid tijdreeks
""")
HORIZON_NAMES = _set("""
    horizon h fh forecasthorizon leadtime lead stepahead stepsahead hoursahead daysahead weeksahead monthsahead
    prognosehorizont horizont vorlauf echeance horizonte orizzonte
""")
ORIGIN_NAMES = _set("""
    origin cutoff cutoffdate forecastorigin origindate origintime forecastdate forecasttime forecaststart issuedate issuetime issued issuedat
    referencedate referencetime reftime asof asofdate madeat predictiondate predictiontime inittime
    prognosedatum erstelltam dateprevision fechapronostico dataprevisione dataprevisao voorspeldatum
""")
QUANTILE_LEVEL_NAMES = _set("""
    quantilelevel quantile quantiles level tau alpha outputtypeid probabilitylevel percentile quantil quantilstufe niveauquantile nivelcuantil
""")
TARGET_TIME_NAMES = _set("""
    ds targettime targetdate targetenddate validtime validdate forecastfor targettimestamp
    time timestamp date datetime period week month quarter year jahr quartal zeit zeitstempel zeitpunkt datum horodatage fecha fechahora dataora tijd tijdstip periode semaine woche
""")
#: Words in the names of columns for a reader: free text, pictures, addresses on the web.
TEXT_WORDS = _set("""
    text texts txt comment comments review reviews message messages msg body content description note notes feedback question answer sentence
    document abstract summary title headline caption transcript utterance tweet post email prompt response completion complaint remark remarks story
    kommentar kommentare nachricht beschreibung rezension bewertung bewertungstext bemerkung anmerkung notiz frage antwort satz titel beschwerde inhalt
    texte commentaire commentaires avis remarque reponse phrase titre contenu plainte
    texto comentario comentarios mensaje resena opinion descripcion pregunta respuesta frase titulo contenido queja
    testo commento commenti messaggio recensione descrizione domanda risposta titolo contenuto reclamo
    mensagem avaliacao resenha descricao pergunta resposta conteudo reclamacao
    tekst opmerking opmerkingen bericht beoordeling recensie omschrijving beschrijving vraag antwoord zin inhoud klacht
""")
IMAGE_WORDS = _set("""
    image images img imgs picture pictures pic pics photo photos foto fotos thumbnail thumb scan xray bild bilder aufnahme photographie
    imagen imagenes immagine immagini imagem imagens afbeelding afbeeldingen
""")
LINK_WORDS = _set("""
    url urls uri uris link links href hyperlink permalink website webpage homepage verweis lien liens enlace enlaces collegamento ligacao koppeling
""")
#: Numbers of rows, when no column is called an id.
ROW_NUMBERS = _set("index key rownumber rownum rownr unnamed0 zeile zeilennummer ligne fila riga linha rij")


def folded(text: str) -> str:
    """Fold accents and letter case.

    Examples
    --------
    >>> folded("Étiquette"), folded("Größe")
    ('etiquette', 'grosse')
    """
    parts = unicodedata.normalize("NFKD", text)
    return "".join(c for c in parts if not unicodedata.combining(c)).casefold()


def words(name: str) -> tuple[str, ...]:
    """Split a column name into plain words: at case, at digits and at whatever is no letter.

    Examples
    --------
    >>> words("predictedLabel"), words("xgb.prob"), words("score (v2)")
    (('predicted', 'label'), ('xgb', 'prob'), ('score', 'v', '2'))
    """
    apart = re.sub(r"(?<=[a-z0-9\u00df-\u00f6\u00f8-\u00ff])(?=[A-Z\u00c0-\u00d6\u00d8-\u00de])", " ", unicodedata.normalize("NFC", name))  # fmt: skip
    return tuple(re.findall(r"[^\W\d_]+|\d+", folded(apart)))


def joined(name: str) -> str:
    """Write a name without what separates its words: ``Y_true``, ``yTrue`` and ``y.true`` are ``ytrue``."""
    return "".join(words(name))


def truth_points(name: str) -> float:
    """Grade how much a name sounds like the true label; 0 is not at all.

    Examples
    --------
    >>> [truth_points(n) for n in ("y_true", "Target", "label_name", "Survived", "is_member", "y_pred", "age")]
    [6.0, 5.0, 2.5, 3.0, 2.0, 0.0, 0.0]
    """
    whole, parts = joined(name), set(words(name))
    if whole in _TRUE_PLAIN:
        return PLAIN
    if parts & (_PRED_WORDS | _SCORE_WORDS) or whole in _PRED_NAMES | _SCORE_NAMES:
        return 0.0
    if whole in _TRUE_USUAL:
        return USUAL
    if whole in _TRUE_CLASS:
        return WORD
    if parts & _TRUE_WORDS:
        return WORD - (_BESIDE if parts & _ABOUT else 0.0)
    about = 1.0 if parts & _ABOUT else 0.0
    if parts & _EVENTS:
        return EVENT - about
    return STATEMENT - about if words(name)[:1] and words(name)[0] in _STATEMENTS and len(parts) > 1 else 0.0


def score_points(name: str) -> float:
    """Grade how much a name sounds like a score; 1 is that of a prediction of any kind."""
    whole, parts = joined(name), set(words(name))
    if whole in _SCORE_NAMES:
        return PLAIN
    about = _BESIDE if parts & _ABOUT else 0.0
    if parts & _SCORE_WORDS:
        return WORD - about + (0.25 if parts & _MODEL_WORDS else 0.0)
    if whole in _PRED_NAMES or parts & _PRED_WORDS:
        return EVENT - about
    return 0.0


def is_score_name(name: str) -> bool:
    """Tell whether a name alone says "score"."""
    return joined(name) in _SCORE_NAMES


def decision_points(name: str) -> float:
    """Grade how much a name sounds like a predicted label."""
    whole, parts = joined(name), set(words(name))
    if whole in _PRED_NAMES:
        return PLAIN
    if parts & _PRED_WORDS and not parts & _SCORE_WORDS:
        return WORD - (_BESIDE if parts & _ABOUT else 0.0)
    return 0.0


def sounds_predicted(name: str) -> bool:
    """Tell a name that speaks of a prediction or a score."""
    parts = set(words(name))
    return bool(parts & (_PRED_WORDS | _SCORE_WORDS)) or joined(name) in _PRED_NAMES | _SCORE_NAMES


def stem_of_class(name: str, tokens: Mapping[str, str]) -> tuple[str, str] | None:
    """Take a class off a name: what is left of it, and the label.

    Parameters
    ----------
    name : str
    tokens : mapping of str to str
        How a class may be written, folded, and the label it stands for.

    Returns
    -------
    (stem, label), or None when the name neither ends nor starts with a class.

    Examples
    --------
    >>> tokens = {"0": "0", "1": "1", "no": "0", "yes": "1"}
    >>> [stem_of_class(n, tokens) for n in ("proba_1", "P(yes)", "no_prob", "p0", "Yes", "casino")]
    [('proba', '1'), ('p', '1'), ('prob', '0'), ('p', '0'), ('', '1'), None]
    """
    low = folded(name).strip().rstrip(")]} ")
    for token in sorted(tokens, key=len, reverse=True):
        if low == token:
            return "", tokens[token]
        if low.endswith(token):
            rest = low[: -len(token)]
            if not rest[-1].isalnum() or (rest[-1].isalpha() and not token[0].isalpha()):
                return rest.strip(" _-.([{:="), tokens[token]
        if low.startswith(token) and len(low) > len(token) and not low[len(token)].isalnum():
            return low[len(token) :].strip(" _-.([{:="), tokens[token]
    return None


def parts_that_differ(names: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return what tells names of one pattern apart, or None when they follow none.

    Examples
    --------
    >>> parts_that_differ(("score_lr", "score_rf")), parts_that_differ(("model_a_score", "model_b_score"))
    (('lr', 'rf'), ('a', 'b'))
    >>> parts_that_differ(("y_score", "score")) is None
    True
    """
    split = [tuple(re.findall(r"[^\W_]+", name)) for name in names]
    if len(names) < 2:
        return None
    least = min(map(len, split))
    first = next((i for i in range(least) if len({s[i] for s in split}) > 1), least)
    last = next((i for i in range(least - first) if len({s[-1 - i] for s in split}) > 1), least - first)
    own = tuple(" ".join(s[first : len(s) - last]) for s in split)
    return own if all(own) and len(set(own)) == len(own) and first + last > 0 else None
