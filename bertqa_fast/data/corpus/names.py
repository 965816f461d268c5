"""Invented people and places, in two pools that share no name: one for training, one held out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pool:
    """Names that one split may use.

    Attributes
    ----------
    women, men : tuple of str
        First names.
    surnames : tuple of str
        Family names.
    towns, rivers, hills : tuple of str
        Place names; hills also serve for valleys and moors.
    """

    women: tuple[str, ...]
    men: tuple[str, ...]
    surnames: tuple[str, ...]
    towns: tuple[str, ...]
    rivers: tuple[str, ...]
    hills: tuple[str, ...]


def _words(text: str) -> tuple[str, ...]:
    """Split a comma-separated list, so that names of two words stay whole."""
    return tuple(" ".join(name.split()) for name in text.split(","))


TRAIN = Pool(
    women=_words("""
        Ada, Agnes, Amina, Anneke, Beatrix, Bianca, Carmen, Celeste, Chiara, Clara, Dalia, Dorothea,
        Edith, Elena, Emilia, Esther, Farida, Fiona, Freya, Greta, Hanna, Harriet, Helga, Ines, Ingrid,
        Irene, Isolde, Johanna, Josefina, Judith, Karin, Katya, Laila, Leonie, Lucia, Mabel, Margit,
        Marta, Mei, Miriam, Nadia, Nora, Odette, Olga, Pilar, Priya, Rosalind, Ruth, Sabine, Sofia,
        Tamara, Thea, Ursula, Vera, Winifred, Yasmin, Zofia"""),
    men=_words("""
        Adrian, Albert, Alfonso, Anton, Arthur, Benedict, Bruno, Casper, Cyril, Daniel, Diego, Dmitri,
        Edgar, Emil, Ernest, Felix, Ferdinand, Florian, Gideon, Giles, Gustav, Hamid, Hector, Henrik,
        Hugo, Ismael, Ivan, Jasper, Joachim, Jonas, Karim, Konrad, Lars, Leopold, Lorenzo, Magnus, Marcel,
        Matthias, Nathan, Niels, Oscar, Pavel, Percy, Rafael, Ravi, Roland, Rufus, Samuel, Sergio, Silas,
        Stefan, Tobias, Umar, Viktor, Walter, Wendell, Yusuf"""),
    surnames=_words("""
        Abernathy, Achterberg, Adeyemi, Albrecht, Almeida, Andrade, Ashworth, Baptiste, Barlow,
        Bellweather, Bergqvist, Blackwood, Borges, Brandt, Brightwell, Calloway, Castellano, Chaudhry,
        Cobden, Copley, Crane, Dahlgren, Delacroix, Dunmore, Eastman, Ekholm, Fairbanks, Farrow, Feldman,
        Ferreira, Finch, Fontaine, Gallagher, Garrick, Goodwin, Grunewald, Hadley, Halvorsen, Hartigan,
        Hawthorne, Hendry, Holloway, Ibarra, Iversen, Jablonski, Jansson, Kapoor, Keller, Kowalski, Lacey,
        Langford, Larkin, Lindqvist, Lockhart, Maddox, Marchetti, Marlowe, Mendes, Merriweather, Moreau,
        Nakamura, Navarro, Nightingale, Norwood, Novak, Oakley, Okafor, Ormond, Ortega, Paget, Pemberton,
        Petrov, Pickering, Quayle, Quintero, Radcliffe, Ramsey, Rasmussen, Redfern, Renner, Rossi,
        Rutherglen, Salazar, Saunders, Schumann, Selwyn, Sorensen, Stanhope, Steiner, Sutcliffe, Tanaka,
        Thackeray, Thornbury, Tolliver, Underhill, Vance, Vasquez, Verhoeven, Wakefield, Weatherby,
        Whitlock, Winslow, Yilmaz, Zimmer"""),
    towns=_words("""
        Abbotsmere, Alderwick, Amblecote, Ardenfell, Ashgrove, Barrowby, Bellhaven, Birchester, Blackmere,
        Bracken Hill, Brightsea, Brindlewick, Bruckendorf, Calderstone, Cape Orlin, Carrowmore, Castle
        Dunning, Cherrington, Clearwater Bay, Coldharbour, Corvane, Dalmouth, Dovecliff, Drayholm,
        Dunmarrow, Eastvale, Elmsworth, Fairlight, Fallowfield, Fenwick Cross, Ferncastle, Fort Ransom,
        Foxholme, Garrowby, Glenmarrin, Granitz, Greyhaven, Hallbrook, Harrowgate Quay, Hartenfels,
        Hazelmoor, Heronsford, Highmoor, Hollin Bridge, Ivybridge End, Jasperville, Kestrel Point,
        Kingsferry, Kirkanders, Lakewood, Lambourne St Mary, Langerud, Linden Falls, Longstrand, Lower
        Tansy, Lowmarsh, Mallowdale, Marrowford, Millhaven, Montclair Ridge, Nettlecombe, New Solace,
        Northaven, Oakhampton, Oldbarrow, Orleby, Otterbourne, Pellworth, Pinecrest, Port Callan, Port
        Verity, Priorsgate, Puerto Lindo, Quarry Bank, Ravensholm, Redcliff, Riversend, Rockhampstead,
        Rosendal, Saltmarsh, San Aurelio, Sandhaven, Santa Brisa, Shelby Ferry, Silverdene, Skarvik,
        Southmere, Springholm, St Alban's Reach, Stonebridge, Stormhaven, Sunderwick, Swanmere, Tarnbrook,
        Thistledown, Thornwick, Tidewell, Torrance, Upper Calder, Valdora, Vesterhavn, Wainfield,
        Walcombe, Westerholt, Whitcombe, Wickersham, Wildmoor, Winterbourne, Wolvesey, Yarrowby"""),
    rivers=_words("""
        Aller, Arrin, Brede, Calder, Corran, Dunna, Elver, Esken, Farrow, Glass, Hanna, Iddle, Jarrow,
        Kessel, Lunn, Marra, Nidder, Orrin, Pelle, Rill, Sable, Senna, Tamsin, Tarn, Ulla, Verne, Wend,
        Yare"""),
    hills=_words("""
        Abbot's Hill, Badger Ridge, Beacon Fell, Blue Mountain, Carrick Tor, Crow Hill, Dragon's Back,
        Eagle Crag, Falcon Ridge, Gallows Down, Hollow Fell, Iron Hill, Kestrel Crag, Long Ridge, Mount
        Arden, Mount Corrow, Mount Halder, Mount Serin, Old Man's Tor, Raven Scar, Saddleback Moor,
        Shepherd's Down, Stony Rigg, Thunder Fell, White Tor, Wolf Crag"""),
)

HELD_OUT = Pool(
    women=_words("""
        Alma, Augusta, Birgit, Cordelia, Dagmar, Delphine, Elspeth, Eunice, Flora, Gwendolyn, Hilda,
        Imogen, Juliana, Lavinia, Lydia, Marguerite, Noemi, Petra, Rowena, Simone, Sylvie, Tabitha,
        Valentina, Zora"""),
    men=_words("""
        Alistair, Ambrose, August, Basil, Clement, Cornelius, Dexter, Eamon, Fabian, Gerard, Horace,
        Ignacio, Julius, Kenji, Laurence, Maurice, Mohan, Nikolai, Orson, Quentin, Reuben, Sebastian,
        Theodore, Wilfred"""),
    surnames=_words("""
        Amberley, Arkwright, Bannister, Beaumont, Carmody, Chatterjee, Cromwell-Hayes, Dempsey, Drummond,
        Engstrom, Everhart, Fitzgibbon, Galloway, Greenhalgh, Haverstock, Ingleby, Jessop, Kinsella,
        Lombardi, Macready, Montague, Nyberg, Olufsen, Penhaligon, Prentice, Rosenthal, Sandoval,
        Somerville, Tregarth, Vandermeer, Voss, Wexford, Whitaker, Yardley"""),
    towns=_words("""
        Amberton, Applewick, Bexmoor, Burnt Oak, Cardinal's Wharf, Cobblehurst, Dunlin Bay, Eskerrow,
        Farholm, Gannet Rock, Gullane Sands, Hopewell, Inverlyne, Juniper Flats, Kelderwick, Larkspur,
        Marsh End, Norrington, Osprey Landing, Pendlecote, Quillhaven, Rushmere, Sallowfield, Sternhagen,
        Tamarind Cove, Trevallin, Undercliff, Velmora, Wester Ayle, Wrenbury, Yewtree, Zandvoord"""),
    rivers=_words(
        "Amble, Brock, Cressy, Dovel, Ferrin, Gade, Hollin, Kerne, Laver, Mossen, Quill, Tessa, Wyle"
    ),
    hills=_words("""
        Bell Tor, Bramble Down, Candle Hill, Copper Ridge, Frost Fell, Gull Crag, Heron Hill, Lantern
        Rigg, Mount Adair, Mount Pellow, Mount Varro, Sparrow Hill, Windy Scar"""),
)
