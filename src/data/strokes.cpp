// The table of strokes. Names: kZeroRound is a glyph, kZeroRound1 its first stroke.
#include "data/strokes.hpp"

#include <array>

#include "core/check.hpp"

namespace trainmark::data {
namespace {

using P = StrokePoint;

// 0: round, narrow, and begun on the right.
constexpr P kZeroRound1[] = {{60, -690}, {-300, -480}, {-400, 0}, {-300, 480}, {0, 700}, {310, 480}, {400, 0}, {300, -480}, {60, -690}, {-120, -640}};
constexpr P kZeroNarrow1[] = {{20, -700}, {-200, -470}, {-270, 0}, {-200, 480}, {20, 700}, {220, 460}, {270, 0}, {210, -470}, {20, -700}};
constexpr P kZeroRight1[] = {{260, -560}, {-40, -690}, {-340, -380}, {-380, 120}, {-220, 580}, {60, 690}, {330, 400}, {370, -120}, {230, -600}};
constexpr Stroke kZeroRound[] = {kZeroRound1}, kZeroNarrow[] = {kZeroNarrow1}, kZeroRight[] = {kZeroRight1};
constexpr Glyph kZero[] = {{kZeroRound}, {kZeroNarrow}, {kZeroRight}};

// 1: a bar, with a flag, with flag and foot.
constexpr P kOneBar1[] = {{0, -700}, {0, 0}, {0, 700}};
constexpr P kOneFlag1[] = {{-200, -440}, {40, -700, true}, {40, 0}, {40, 700}};
constexpr P kOneFoot1[] = {{-220, -460}, {0, -700, true}, {0, 700}};
constexpr P kOneFoot2[] = {{-260, 700}, {260, 700}};
constexpr Stroke kOneBar[] = {kOneBar1}, kOneFlag[] = {kOneFlag1}, kOneFoot[] = {kOneFoot1, kOneFoot2};
constexpr Glyph kOne[] = {{kOneBar}, {kOneBar}, {kOneFlag}, {kOneFoot}};

// 2: with a straight base, with a loop at the lower left, angular.
constexpr P kTwoPlain1[] = {{-360, -400}, {-200, -650}, {80, -690}, {340, -500}, {320, -180}, {40, 200}, {-380, 680, true}, {400, 680}};
constexpr P kTwoLoop1[] = {{-340, -450}, {-60, -700}, {280, -560}, {290, -180}, {0, 330}, {-280, 640}, {-390, 520}, {-180, 470}, {120, 640}, {400, 600}};
constexpr P kTwoSharp1[] = {{-330, -560}, {0, -700}, {330, -520}, {260, -120}, {-340, 660, true}, {0, 620}, {380, 680}};
constexpr Stroke kTwoPlain[] = {kTwoPlain1}, kTwoLoop[] = {kTwoLoop1}, kTwoSharp[] = {kTwoSharp1};
constexpr Glyph kTwo[] = {{kTwoPlain}, {kTwoLoop}, {kTwoSharp}};

// 3: two bowls, a small loop in the middle, a flat top.
constexpr P kThreeBowls1[] = {{-330, -560}, {-20, -700}, {290, -540}, {250, -200}, {-80, -30, true}, {260, 100}, {360, 390}, {120, 680}, {-340, 560}};
constexpr P kThreeLoop1[] = {{-320, -530}, {0, -690},  {300, -470}, {180, -140}, {-60, -40}, {-90, 40},
                             {80, 0},      {330, 220}, {270, 560},  {-40, 700},  {-350, 520}};
constexpr P kThreeFlat1[] = {{-320, -680}, {330, -680, true}, {-40, -120, true}, {260, 0}, {360, 330}, {160, 660}, {-130, 690}, {-350, 540}};
constexpr Stroke kThreeBowls[] = {kThreeBowls1}, kThreeLoop[] = {kThreeLoop1}, kThreeFlat[] = {kThreeFlat1};
constexpr Glyph kThree[] = {{kThreeBowls}, {kThreeLoop}, {kThreeFlat}};

// 4: open, closed, and written in one go with a round left arm.
constexpr P kFourOpen1[] = {{-280, -660}, {-370, 80, true}, {0, 100}, {380, 60}};
constexpr P kFourOpen2[] = {{210, -640}, {190, 0}, {170, 700}};
constexpr P kFourClosed1[] = {{170, -690}, {-390, 230, true}, {0, 230}, {390, 230}};
constexpr P kFourClosed2[] = {{170, -690}, {170, 0}, {170, 700}};
constexpr P kFourRound1[] = {{-290, -620}, {-340, -240}, {-230, -10}, {60, -20}, {270, -180}};
constexpr P kFourRound2[] = {{300, -660}, {270, 0}, {240, 700}};
constexpr Stroke kFourOpen[] = {kFourOpen1, kFourOpen2}, kFourClosed[] = {kFourClosed1, kFourClosed2}, kFourRound[] = {kFourRound1, kFourRound2};
constexpr Glyph kFour[] = {{kFourOpen}, {kFourClosed}, {kFourRound}};

// 5: the roof as a stroke of its own, in one go, and like an S.
constexpr P kFiveRoof1[] = {{-230, -660}, {-280, -100, true}, {40, -190}, {330, 30}, {330, 420}, {40, 690}, {-340, 580}};
constexpr P kFiveRoof2[] = {{-230, -660}, {360, -680}};
constexpr P kFiveOnce1[] = {{340, -680}, {-220, -660, true}, {-260, -150, true}, {90, -200}, {340, 100}, {240, 540}, {-60, 700}, {-360, 600}};
constexpr P kFiveRound1[] = {{330, -640}, {20, -640}, {-250, -500}, {-220, -180}, {120, -60}, {320, 240}, {160, 600}, {-140, 690}, {-350, 600}};
constexpr Stroke kFiveRoof[] = {kFiveRoof1, kFiveRoof2}, kFiveOnce[] = {kFiveOnce1}, kFiveRound[] = {kFiveRound1};
constexpr Glyph kFive[] = {{kFiveRoof}, {kFiveOnce}, {kFiveRound}};

// 6: a bow into a loop, a straight back, a wide loop.
constexpr P kSixBow1[] = {{230, -660}, {-120, -460}, {-340, 0}, {-320, 440}, {-40, 700}, {280, 530}, {300, 180}, {30, 20}, {-310, 260}};
constexpr P kSixBack1[] = {{100, -700}, {-140, -260}, {-270, 240}, {-180, 600}, {80, 690}, {290, 440}, {170, 130}, {-80, 130}, {-260, 340}};
constexpr P kSixWide1[] = {{320, -560}, {60, -690}, {-260, -420}, {-380, 130}, {-210, 610}, {140, 680}, {370, 380}, {230, 40}, {-120, 10}, {-370, 250}};
constexpr Stroke kSixBow[] = {kSixBow1}, kSixBack[] = {kSixBack1}, kSixWide[] = {kSixWide1};
constexpr Glyph kSix[] = {{kSixBow}, {kSixBack}, {kSixWide}};

// 7: plain, crossed, with a serif.
constexpr P kSevenPlain1[] = {{-360, -660}, {360, -670, true}, {120, -60}, {-80, 700}};
constexpr P kSevenCrossed2[] = {{-180, 20}, {290, 0}};
constexpr P kSevenSerif1[] = {{-350, -420}, {-330, -660, true}, {0, -620}, {370, -670, true}, {90, 0}, {-20, 700}};
constexpr Stroke kSevenPlain[] = {kSevenPlain1}, kSevenCrossed[] = {kSevenPlain1, kSevenCrossed2}, kSevenSerif[] = {kSevenSerif1};
constexpr Glyph kSeven[] = {{kSevenPlain}, {kSevenCrossed}, {kSevenSerif}};

// 8: in one go from the upper right, from the middle, and as two rings.
constexpr P kEightOnce1[] = {{270, -520}, {0, -700},   {-280, -500}, {-180, -180}, {160, 110}, {320, 420},
                             {0, 700},    {-310, 440}, {-160, 110},  {190, -190},  {290, -500}};
constexpr P kEightMiddle1[] = {{0, -30}, {-260, -340}, {0, -690}, {270, -350}, {0, -30}, {-330, 340}, {0, 700}, {330, 340}, {0, -30}};
constexpr P kEightRings1[] = {{20, -700}, {-230, -550}, {-240, -250}, {0, -80}, {240, -250}, {230, -550}, {20, -700}};
constexpr P kEightRings2[] = {{0, -80}, {-300, 120}, {-310, 500}, {0, 700}, {310, 500}, {300, 120}, {0, -80}};
constexpr Stroke kEightOnce[] = {kEightOnce1}, kEightMiddle[] = {kEightMiddle1}, kEightRings[] = {kEightRings1, kEightRings2};
constexpr Glyph kEight[] = {{kEightOnce}, {kEightMiddle}, {kEightRings}};

// 9: a ring with a straight stem, with a bent tail, with a hook.
constexpr P kNineStem1[] = {{270, -500}, {20, -690}, {-280, -480}, {-240, -120}, {40, -10}, {270, -300}, {280, -620, true}, {250, 0}, {230, 700}};
constexpr P kNineTail1[] = {{290, -440}, {40, -700}, {-300, -500}, {-270, -120}, {20, 0}, {280, -260}, {290, -440}, {260, 140}, {-60, 690}};
constexpr P kNineHook1[] = {{250, -530},       {-40, -690}, {-310, -400}, {-170, -60}, {140, -120},
                            {290, -540, true}, {320, 60},   {210, 570},   {-60, 700},  {-300, 560}};
constexpr Stroke kNineStem[] = {kNineStem1}, kNineTail[] = {kNineTail1}, kNineHook[] = {kNineHook1};
constexpr Glyph kNine[] = {{kNineStem}, {kNineTail}, {kNineHook}};

constexpr std::array<std::span<const Glyph>, 10> kDigits = {kZero, kOne, kTwo, kThree, kFour, kFive, kSix, kSeven, kEight, kNine};

}  // namespace

std::span<const Glyph> glyphs_of(int digit) {
  CHECK(digit >= 0 && digit < 10, "a digit is 0 to 9");
  return kDigits[static_cast<size_t>(digit)];
}

}  // namespace trainmark::data
