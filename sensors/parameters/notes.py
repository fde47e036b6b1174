"""What the reasons of several parameters say alike."""

TIERS = "Blue, yellow, orange and red; 0 leaves a level out."
LEVEL = "1 red to 4 blue; 0 switches the rule off."
